import { type ConfigOf, choiceFlag } from "../../component-base/flags.ts";

const form = { values: ["table", "json"], default: "table", help: "form of the output" } as const;

/** Of commands that print tables. */
export const outputFlags = {
  output: choiceFlag({ name: "output", ...form }),
  o: choiceFlag({ name: "o", ...form, help: "the same as --output" }),
};

export type Output = "table" | "json";

export function outputOf(config: ConfigOf<typeof outputFlags>): Output {
  return config.output === "json" ? "json" : config.o;
}

/** Prints an answer of the gateway: as it is, or as `text` shows it. */
export function print<T>(answer: T, output: Output, text: (answer: T) => string): void {
  console.log(output === "json" ? JSON.stringify(answer, null, 2) : text(answer));
}
