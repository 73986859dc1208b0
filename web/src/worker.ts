/** The page's worker, which either keeps the session or encodes pictures. */
import { encoding } from "../package/src/worker/encoding.ts";
import { learning } from "../package/src/worker/learning.ts";
import { serve } from "../package/src/worker/serve.ts";
import { pageCalls } from "./worker/calls.ts";
import { latest } from "./worker/latest.ts";

serve({
  ...learning,
  ...encoding,
  ...pageCalls,
  load: latest(learning.load),
  classify: latest(learning.classify),
  project: latest(pageCalls.project),
});
