import type { EtcdStatusAnswer } from "../../../apiserver/etcd-admin/answers.ts";
import { freeMemberName } from "../../../etcd/plan.ts";
import { UserError } from "../../user-error.ts";
import type { Operation, OperationContext } from "../control/operation.ts";
import { GatewayAdmin, memberStatus } from "./gateway-admin.ts";
import { addMember, announce, type MemberChange, removeMember, requireHealthy } from "./member-steps.ts";
import { upgrade } from "./upgrade.ts";

/** Changes of who is a member of etcd, and of what program a member runs. */
export const memberOperations: readonly Operation[] = [
  {
    name: "etcd-add",
    runs: "alone",
    run: (_input, context) =>
      changing(context, async (change) => {
        await requireHealthy(change);
        await addMember(freeMemberName(change.etcd.plan()), change);
        return announce(change);
      }),
  },
  {
    name: "etcd-remove",
    runs: "alone",
    run: (input, context) =>
      changing(context, async (change) => {
        const name = nameIn(input, change);
        requireSeveral(change, "removed");
        const id = idOf(name, await requireHealthy(change, name));
        await removeMember(name, id, change);
        return announce(change);
      }),
  },
  {
    name: "etcd-replace",
    runs: "alone",
    run: (input, context) =>
      changing(context, async (change) => {
        const name = nameIn(input, change);
        requireSeveral(change, "replaced");
        const id = idOf(name, await requireHealthy(change, name));
        await removeMember(name, id, change);
        await addMember(name, change);
        return announce(change);
      }),
  },
  {
    name: "etcd-upgrade",
    runs: "alone",
    run: (input, context) => changing(context, (change) => upgrade(fieldOf(input, "to"), change)),
  },
];

async function changing<T>(context: OperationContext, change: (change: MemberChange) => Promise<T>): Promise<T> {
  const { etcd, folder } = context.plane;
  const admin = new GatewayAdmin(folder.kubeconfig, context);
  try {
    return await change({ ...context, etcd, admin });
  } finally {
    await admin.close();
  }
}

function idOf(name: string, status: EtcdStatusAnswer): string {
  const member = memberStatus(status, name);
  if (member !== undefined) return member.id;
  throw new UserError(`etcd knows no member ${name}, only ${status.members.map((one) => one.name).join(", ")}`);
}

function nameIn(input: unknown, { etcd }: MemberChange): string {
  const name = fieldOf(input, "name");
  // It says who there is, if there is no such member.
  return etcd.member(name).plan.name;
}

function fieldOf(input: unknown, field: string): string {
  const value = typeof input === "object" && input !== null ? (input as Record<string, unknown>)[field] : undefined;
  if (typeof value === "string" && value !== "") return value;
  throw new UserError(`${field} is missing`);
}

function requireSeveral({ etcd }: MemberChange, what: string): void {
  if (etcd.plan().length > 1) return;
  throw new UserError(
    `the only member cannot be ${what}, because nobody else has its data: add others first, or restore a snapshot`,
  );
}
