// `npm start -- [flags]` is `gatehouse up [flags]`; `npm run bench -- …` is `gatehouse bench …`. Signals arrive, because
// the command runs in this process and npm's shell has been replaced by it.
import { bootstrap } from "./bootstrap.mjs";

await bootstrap();
await import("../dist/cli/main.js");
