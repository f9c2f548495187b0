// Makes the addon of this thread throw, as `catch_unwind` does after a panic, for bytes that contain the marker. Returns a
// function that restores the addon.
import { loadBinding } from '#binding'

const entries = ['addContract', 'process', 'decompressZstd']

export function panicAt(marker) {
  const { binding } = loadBinding()
  const kept = entries.map((name) => binding[name])
  for (const [i, name] of entries.entries()) {
    binding[name] = (...given) => {
      if (
        given.some(
          (value) => value instanceof Uint8Array && value.length < 100_000 && Buffer.from(value).includes(marker),
        )
      ) {
        throw new Error(`panicked at the payload: ${marker}`)
      }
      return kept[i](...given)
    }
  }
  return () => entries.forEach((name, i) => (binding[name] = kept[i]))
}
