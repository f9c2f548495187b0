// A peer that works on the calling thread.

import type { Contender } from '../../src/measure/contender.ts'

/** Without a digest, and with a body that is not canonical. */
export const syncPeer = (id: string, call: Contender['call']): Contender => ({
  id,
  digest: 'none',
  side: 'peer',
  mode: 'sync',
  canonical: false,
  call,
  close: async () => {},
})
