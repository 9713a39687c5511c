declare const temml: { __renderToMathMLTree(text: string, options: Record<string, unknown>): any };
export default temml;
