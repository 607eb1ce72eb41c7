/** What a JSON Schema says of a field, as far as a form can show it. */

/** @import { Schema } from "./shapes.d.ts" */

const DEEPEST = 20;

/** @typedef {"choice" | "boolean" | "number" | "string" | "array" | "object" | "json"} Kind */

/** The schema that `$ref` leads to within its document. @param {Schema} schema @param {Schema} root @returns {Schema} */
export function resolved(schema, root) {
  let found = schema;
  for (let step = 0; found && typeof found.$ref === "string" && step < DEEPEST; step++) {
    /** @type {any} */
    let target = root;
    if (!found.$ref.startsWith("#")) return {};
    for (const part of found.$ref.slice(1).split("/").slice(1)) {
      target = target?.[decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~")];
    }
    const { $ref: _, ...beside } = found;
    found = { ...(target && typeof target === "object" ? target : {}), ...beside };
  }
  return found && typeof found === "object" ? found : {};
}

/** Its only type, "null" beside it left out. @param {Schema} schema */
function typeOf({ type }) {
  const types = Array.isArray(type) ? type.filter((name) => name !== "null") : [type];
  return types.length === 1 ? types[0] : undefined;
}

/** @param {Schema} schema @returns {Kind} */
export function kindOf(schema) {
  if ("const" in schema || Array.isArray(schema.enum)) return "choice";
  if (["anyOf", "oneOf", "allOf", "if"].some((name) => name in schema)) return "json";
  const type = typeOf(schema) ?? (schema.properties ? "object" : undefined);
  if (type === "integer" || type === "number") return "number";
  if (type === "boolean" || type === "string") return type;
  if (type === "array" && schema.items && !Array.isArray(schema.items)) return "array";
  return type === "object" && schema.properties ? "object" : "json";
}

/** A value to begin with. @param {Schema} given @param {Schema} root @param {number} [depth] @returns {unknown} */
export function start(given, root, depth = 0) {
  const schema = resolved(given, root);
  if ("default" in schema) return schema.default;
  if ("const" in schema) return schema.const;
  if (schema.examples?.length) return schema.examples[0];
  if (schema.enum?.length) return schema.enum[0];
  if (depth > DEEPEST) return null;
  switch (kindOf(schema)) {
    case "boolean":
      return false;
    case "array":
      return [];
    case "string":
      return "";
    case "number":
      return schema.minimum ?? 0;
    case "object":
      return Object.fromEntries(
        Object.entries(schema.properties ?? {})
          .filter(([name, part]) => schema.required?.includes(name) || "default" in resolved(part, root))
          .map(([name, part]) => [name, start(part, root, depth + 1)]),
      );
  }
  return schema.type === "null" ? null : {};
}

/** How an input field is called for a string of this format. @param {Schema} schema */
export const inputType = ({ format }) =>
  ({ date: "date", email: "email", uri: "url", time: "time" })[String(format)] ?? "text";
