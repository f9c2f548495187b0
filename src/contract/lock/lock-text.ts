// The JSON text of a lock document.

import { stringifyWithBigints } from '../../json/index.ts'
import type { LockDocument } from '../../model/index.ts'

/**
 * The JSON text of a lock, as a lock file holds it. With `numbers: "int64"` a lock may hold bigints, which
 * JSON.stringify does not write. `indent`: spaces a level; 0: on one line.
 */
export const lockText = (lock: LockDocument, indent = 0): string => stringifyWithBigints(lock, indent)
