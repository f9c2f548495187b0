// What the conformance suite asks for and a daemon does not have.
import type { Skip } from '../contract.case.ts'

export const oneKeyAContract: Skip = {
  reason: 'a daemon holds one key a contract: test/contract/sidecar-key.test.ts signs with it',
  tests: ['an HMAC digest uses the key of its processor'],
}
