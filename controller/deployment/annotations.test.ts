import { expect, test } from "vitest";
import {
  annotationsAsNew,
  inheritedAnnotations,
  revisionAnnotation,
  revisionHistoryAnnotation,
} from "./annotations.ts";

test.each([
  { name: "new", current: {}, revision: 1, want: { [revisionAnnotation]: "1" } },
  {
    name: "rolled back to",
    current: { [revisionAnnotation]: "1" },
    revision: 3,
    want: { [revisionAnnotation]: "3", [revisionHistoryAnnotation]: "1" },
  },
  {
    name: "rolled back to again",
    current: { [revisionAnnotation]: "3", [revisionHistoryAnnotation]: "1" },
    revision: 5,
    want: { [revisionAnnotation]: "5", [revisionHistoryAnnotation]: "1,3" },
  },
  { name: "current", current: { [revisionAnnotation]: "4" }, revision: 4, want: { [revisionAnnotation]: "4" } },
])("revision: $name", ({ current, revision, want }) => {
  expect(annotationsAsNew(current, {}, revision)).toEqual(want);
});

test("what is about the Deployment itself is not handed down", () => {
  const annotations = {
    "kubernetes.io/change-cause": "because",
    "kubectl.kubernetes.io/last-applied-configuration": "{}",
    [revisionAnnotation]: "7",
  };
  expect(inheritedAnnotations({ metadata: { annotations } } as never)).toEqual({
    "kubernetes.io/change-cause": "because",
  });
});
