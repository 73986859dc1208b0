/** The package's worker: it encodes and learns. */
import { encoding } from "./worker/encoding.ts";
import { learning } from "./worker/learning.ts";
import { serve } from "./worker/serve.ts";

serve({ ...learning, ...encoding });
