import { expect, test } from "vitest";
import { humanBytes } from "./human-bytes.ts";
import { ruledTable } from "./ruled-table.ts";

/** As etcdctl prints them. */
test.each([
  [0, "0 B"],
  [9, "9 B"],
  [999, "999 B"],
  [1_000, "1.0 kB"],
  [20_480, "20 kB"],
  [21_500, "22 kB"],
  [360_448, "360 kB"],
  [999_999, "1000 kB"],
  [2_100_000, "2.1 MB"],
  [9_960_000, "10 MB"],
  [21_000_000, "21 MB"],
  [8_000_000_000, "8.0 GB"],
])("%d bytes are %s", (bytes, text) => {
  expect(humanBytes(bytes)).toBe(text);
});

test("headings stand in the middle, values at the right", () => {
  expect(ruledTable(["HASH", "REVISION"], [["80340fb2", "47"]])).toBe(
    `
+----------+----------+
|   HASH   | REVISION |
+----------+----------+
| 80340fb2 |       47 |
+----------+----------+`.trim(),
  );
});
