// The tests of the conformance suite that do not apply to a daemon.
import type { Skip } from '../contract.case.ts'

export const oneKeyAContract: Skip = {
  reason: 'a daemon has one key for each contract: test/contract/sidecar-key.test.ts covers it',
  tests: ['an HMAC digest uses the key of its processor'],
}
