/** What a fetch brought, as the Response that native fetch would give. */

import type { HeadMessage } from "./protocol.ts";

const { Headers: HeaderLists, Response: Responses } = globalThis;
const { defineProperties } = Object;

const WITHOUT_BODY = [204, 205, 304];

/** The names that HTTP gives its statuses; HTTP/2 no longer sends them, and native fetch fills them in. */
const STATUS_TEXTS: Record<number, string> = {
  200: "OK",
  201: "Created",
  202: "Accepted",
  203: "Non Authoritative Information",
  204: "No Content",
  205: "Reset Content",
  206: "Partial Content",
  207: "Multi-Status",
  300: "Multiple Choices",
  301: "Moved Permanently",
  302: "Found",
  303: "See Other",
  304: "Not Modified",
  307: "Temporary Redirect",
  308: "Permanent Redirect",
  400: "Bad Request",
  401: "Unauthorized",
  402: "Payment Required",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  408: "Request Timeout",
  409: "Conflict",
  410: "Gone",
  411: "Length Required",
  412: "Precondition Failed",
  413: "Payload Too Large",
  414: "URI Too Long",
  415: "Unsupported Media Type",
  416: "Range Not Satisfiable",
  417: "Expectation Failed",
  418: "I'm a teapot",
  421: "Misdirected Request",
  422: "Unprocessable Entity",
  423: "Locked",
  424: "Failed Dependency",
  425: "Too Early",
  426: "Upgrade Required",
  428: "Precondition Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  451: "Unavailable For Legal Reasons",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
  507: "Insufficient Storage",
  511: "Network Authentication Required",
};

/** Throws RangeError for a status that a Response cannot have. */
export function responseOf([, , status, url, pairs]: HeadMessage, body: BodyInit): Response {
  const headers = new HeaderLists();
  for (let i = 0; i < pairs.length; i++) headers.append(pairs[i][0], pairs[i][1]);
  const statusText = STATUS_TEXTS[status] ?? "";
  const response = new Responses(WITHOUT_BODY.includes(status) ? null : body, { status, statusText, headers });
  return knowing(response, "url", url);
}

/** A response with a property that none can be made with; what is cloned of it has it too. */
export function knowing(response: Response, name: "url" | "redirected", value: unknown): Response {
  const clone = response.clone.bind(response);
  return defineProperties(response, {
    [name]: { value, configurable: true, enumerable: true },
    clone: { value: () => knowing(clone(), name, value), configurable: true, writable: true },
  });
}
