import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "./run-command.ts";

/**
 * Takes `etcd` and `etcdctl` out of Debian's or Ubuntu's packages into `folder`: nothing is installed, and no rights are
 * needed, because package lists and archives go into folders of our own.
 * @throws Error with one sentence that says which step failed
 */
export async function downloadDebianPackage(folder: string, options: { readonly signal: AbortSignal }): Promise<void> {
  const work = `${folder}.${process.pid}.packages`;
  rmSync(work, { recursive: true, force: true });
  const lists = join(work, "lists");
  const cache = join(work, "cache");
  mkdirSync(join(lists, "partial"), { recursive: true });
  mkdirSync(join(cache, "archives", "partial"), { recursive: true });
  const apt = ["-o", `Dir::State::lists=${lists}`, "-o", `Dir::Cache=${cache}`, "-o", "APT::Sandbox::User="];
  const step = async (program: string, args: readonly string[]) => {
    const result = await runCommand(program, args, { cwd: work, ...options });
    if (result.code === 0) return;
    throw new Error(`${program} ${args.at(-1)} failed: ${result.output.trim().split("\n").at(-1)}`);
  };
  try {
    await step("apt-get", [...apt, "-qq", "update"]);
    await step("apt-get", [...apt, "-qq", "download", "etcd-server", "etcd-client"]);
    for (const file of readdirSync(work).filter((name) => name.endsWith(".deb"))) {
      await step("dpkg-deb", ["--extract", join(work, file), join(work, "root")]);
    }
    mkdirSync(folder, { recursive: true });
    const programs = join(work, "root", "usr", "bin");
    // etcd has etcdutl since 3.5.
    if (existsSync(join(programs, "etcdutl"))) renameSync(join(programs, "etcdutl"), join(folder, "etcdutl"));
    for (const program of ["etcdctl", "etcd"]) renameSync(join(programs, program), join(folder, program));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
