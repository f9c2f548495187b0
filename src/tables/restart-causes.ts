// Why a worker was replaced: the label `cause` of `sidelane_worker_restarts_total` and the fields of `stats().restarts`. The
// Rust table is generated from here: `npm run generate:tables`.

export const restartCauses = {
  exit: 'It ended by itself.',
  error: 'An uncaught exception or a panic ended it.',
  memory: 'It reached its heap limit.',
  hung: 'It was ended because it hung at a payload.',
  load: 'It could not load.',
} as const
