import { cloneJson, define, equalJson, isObject, own } from "../../../api/json.ts";
import { badRequest, failure, requestEntityTooLarge } from "../../../api/status.ts";

const maxOperations = 10_000;
const maxCopiedBytes = 3 * 1024 * 1024;
const knownMembers = new Set(["op", "path", "from", "value"]);

export interface JsonPatchOperation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

export interface JsonPatch {
  readonly operations: readonly JsonPatchOperation[];
  /** Members that no operation has: `[0].foo`. */
  readonly unknownFields: readonly string[];
}

/** @throws StatusError 400 for what is no patch, 413 for too many operations */
export function readJsonPatch(value: unknown): JsonPatch {
  if (value === null) return { operations: [], unknownFields: [] };
  if (!Array.isArray(value)) {
    throw badRequest(
      "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp",
    );
  }
  if (value.length > maxOperations) {
    throw requestEntityTooLarge(
      `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${value.length}`,
    );
  }
  const unknownFields: string[] = [];
  const operations = value.map((item: unknown, index): JsonPatchOperation => {
    if (!isObject(item)) {
      throw badRequest("error decoding patch: json: cannot unmarshal value into Go value of type jsonpatch.Operation");
    }
    for (const key in item) if (!knownMembers.has(key)) unknownFields.push(`[${index}].${key}`);
    return {
      op: typeof item["op"] === "string" ? item["op"] : "",
      path: typeof item["path"] === "string" ? item["path"] : "",
      ...(typeof item["from"] === "string" && { from: item["from"] }),
      ...(Object.hasOwn(item, "value") && { value: item["value"] }),
    };
  });
  return { operations, unknownFields };
}

/**
 * Applies the operations to `document`, which is changed.
 * @returns the result, which is another value only when an operation replaces the whole document
 * @throws StatusError 422 when an operation does not fit
 * @see RFC 6902, and https://github.com/evanphx/json-patch v4.12.0, whose leniency Kubernetes' users know
 */
export function applyJsonPatch(document: unknown, operations: readonly JsonPatchOperation[]): unknown {
  const state = { root: document, copiedBytes: 0 };
  for (const operation of operations) applyOperation(state, operation);
  return state.root;
}

/** 422 without causes: the patch was understood but does not fit. */
const misfit = () =>
  failure({
    code: 422,
    reason: "Invalid",
    message: "the server rejected our request due to an error in our request",
    details: {},
  });

interface PatchState {
  root: unknown;
  copiedBytes: number;
}

function applyOperation(state: PatchState, operation: JsonPatchOperation): void {
  const { op, path } = operation;
  switch (op) {
    case "add":
      put(state, path, cloneJson(operation.value ?? null), "insert");
      break;
    case "remove":
      remove(state, path);
      break;
    case "replace":
      put(state, path, cloneJson(operation.value ?? null), "overwrite");
      break;
    case "move": {
      const from = operation.from ?? "";
      if (path === from || path.startsWith(`${from}/`)) throw misfit();
      put(state, path, remove(state, from), "insert");
      break;
    }
    case "copy": {
      const value = cloneJson(look(state, operation.from ?? "") ?? null);
      state.copiedBytes += Buffer.byteLength(JSON.stringify(value));
      if (state.copiedBytes > maxCopiedBytes) throw misfit();
      put(state, path, value, "insert");
      break;
    }
    case "test":
      if (!equalJson(look(state, path) ?? null, operation.value ?? null)) throw misfit();
      break;
    default:
      throw misfit();
  }
}

const tokens = (path: string) => {
  if (path === "") return [];
  if (!path.startsWith("/")) throw misfit();
  return path
    .slice(1)
    .split("/")
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
};

/** The container that holds the last token, which must exist. */
function parentOf(state: PatchState, path: string): { parent: unknown; last: string } {
  const steps = tokens(path);
  const last = steps.pop() ?? "";
  let parent = state.root;
  for (const step of steps) {
    parent = child(parent, step);
    if (typeof parent !== "object" || parent === null) throw misfit();
  }
  return { parent, last };
}

function child(container: unknown, token: string): unknown {
  if (Array.isArray(container)) return container[existingIndex(container, token)];
  return isObject(container) ? own(container, token) : undefined;
}

function look(state: PatchState, path: string): unknown {
  if (path === "") return state.root;
  const { parent, last } = parentOf(state, path);
  return child(parent, last);
}

function put(state: PatchState, path: string, value: unknown, mode: "insert" | "overwrite"): void {
  if (path === "") {
    if (!isObject(value)) throw misfit();
    state.root = value;
    return;
  }
  const { parent, last } = parentOf(state, path);
  if (Array.isArray(parent)) {
    if (mode === "overwrite") parent[existingIndex(parent, last)] = value;
    else parent.splice(insertionIndex(parent, last), 0, value);
    return;
  }
  if (!isObject(parent)) throw misfit();
  define(parent, last, value);
}

function remove(state: PatchState, path: string): unknown {
  if (path === "") throw misfit();
  const { parent, last } = parentOf(state, path);
  if (Array.isArray(parent)) return parent.splice(existingIndex(parent, last), 1)[0];
  if (!isObject(parent)) throw misfit();
  if (!Object.hasOwn(parent, last)) throw misfit();
  const value = own(parent, last);
  delete parent[last];
  return value;
}

/** Negative indices count from the end. */
function existingIndex(list: readonly unknown[], token: string): number {
  if (!/^-?\d+$/.test(token)) throw misfit();
  const given = Number(token);
  const index = given < 0 ? list.length + given : given;
  if (index < 0 || index >= list.length) throw misfit();
  return index;
}

function insertionIndex(list: readonly unknown[], token: string): number {
  if (token === "-") return list.length;
  if (!/^-?\d+$/.test(token)) throw misfit();
  const given = Number(token);
  const index = given < 0 ? list.length + 1 + given : given;
  if (index < 0 || index > list.length) throw misfit();
  return index;
}
