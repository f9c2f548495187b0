// How the client names itself to a daemon.

import { readFileSync } from 'node:fs'

// From dist/placement/sidecar and from src/placement/sidecar alike.
const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

export const clientName: string = `sidelane-js/${version}`
