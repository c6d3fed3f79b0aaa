import { parse } from "yaml";
import { compileGoTemplate, type TemplateFunctions } from "./go-template.ts";

/** Makes the fields of a status from a pod. */
export type StatusTemplate = (root: unknown, functions: TemplateFunctions) => Readonly<Record<string, unknown>>;

/** @throws SyntaxError when the text uses what is not understood of Go's templates */
export function compileStatusTemplate(text: string): StatusTemplate {
  const render = compileGoTemplate(text);
  return (root, functions) => {
    const status: unknown = parse(render(root, functions));
    if (typeof status !== "object" || status === null) return {};
    // A list of which no element was rendered says nothing.
    return Object.fromEntries(Object.entries(status).filter(([, value]) => value !== null));
  };
}
