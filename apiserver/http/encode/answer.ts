import type { Kind } from "../../../api/kind.ts";
import type { ApiObject } from "../../../api/meta.ts";
import type { Status } from "../../../api/status.ts";
import type { StoredObject } from "../../storage/storage.ts";
import type { Exchange } from "../exchange.ts";
import { plainJson, type Representation, wrongTransform } from "../negotiate.ts";
import { sendText } from "./list.ts";
import { sendJsonBytes, sendValue, wantsPretty } from "./object.ts";
import { partialMetadataJson } from "./partial-metadata.ts";
import { includeObjectOf, layoutOf, layoutOfForeign, type TableLayout, tableJson } from "./table.ts";

interface AnswerOptions {
  readonly kind: Kind;
  readonly code: number;
  readonly representation: Representation;
  readonly nowMs: number;
}

/** Sends an object from the store: as a rule the bytes it is kept in. @throws StatusError 400, 406 */
export function sendStored(exchange: Exchange, stored: StoredObject, options: AnswerOptions): Promise<void> | void {
  const { representation } = options;
  if (representation.as === "object") {
    if (representation.media === "json" && !wantsPretty(exchange)) {
      return sendJsonBytes(exchange, stored.bytes(), options.code);
    }
    return sendValue(exchange, stored.object, { code: options.code, media: representation.media });
  }
  const json = () => stored.bytes().toString("utf8");
  return sendTransformed(exchange, { object: stored.object, json }, { ...options, layout: layoutOf(options.kind) });
}

/** Sends an object that was made for this answer. A Status stays what it is. @throws StatusError 400, 406 */
export function sendObject(
  exchange: Exchange,
  object: ApiObject | Status,
  options: AnswerOptions,
): Promise<void> | void {
  const { representation, code } = options;
  if (isStatus(object) || representation.as === "object") {
    return sendValue(exchange, object, { code, media: representation.media });
  }
  const layout = object.kind === options.kind.kind ? layoutOf(options.kind) : layoutOfForeign(object.kind);
  return sendTransformed(exchange, { object, json: () => JSON.stringify(object) }, { ...options, layout });
}

const isStatus = (object: ApiObject | Status): object is Status => object.kind === "Status";

function sendTransformed(
  exchange: Exchange,
  item: { object: ApiObject; json: () => string },
  options: AnswerOptions & { layout: TableLayout },
): Promise<void> {
  const { representation, nowMs, code, layout } = options;
  if (representation.as === "PartialObjectMetadataList") {
    throw wrongTransform(representation.as, { kind: item.object.kind ?? options.kind.kind, isList: false });
  }
  if (representation.as === "PartialObjectMetadata") {
    return sendText(exchange, partialMetadataJson(item.object), { ...plainJson, media: representation.media }, code);
  }
  const style = { version: representation.version, includeObject: includeObjectOf(exchange.info.query), nowMs };
  const { resourceVersion } = item.object.metadata ?? {};
  const metadata = resourceVersion === undefined ? {} : { resourceVersion };
  const json = tableJson(layout, [item], { style, metadata, withColumns: true });
  return sendText(exchange, json, representation, code);
}
