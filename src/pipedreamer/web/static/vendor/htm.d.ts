type Template<Made> = (strings: TemplateStringsArray, ...values: unknown[]) => Made;

declare const htm: {
  bind<Made>(make: (type: unknown, props: unknown, ...children: unknown[]) => Made): Template<Made>;
};
export default htm;
