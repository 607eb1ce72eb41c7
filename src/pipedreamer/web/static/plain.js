/** A page that needs no script but the keyboard's. */

import { listen } from "./keys.js";

listen({});
