// `runInApp`: an accepted payload is given to the app's own schema, on the caller's thread.

import {
  appSchemaOf,
  invalidOptions,
  SidelaneError,
  type AppCheck,
  type AppResult,
  type Contract,
  type DocumentReader,
} from '../model/index.ts'

/** Throws `options.invalid` for a contract without the app's schema. */
export function appCheckOf(contract: Contract, document: DocumentReader): AppCheck {
  const schema = appSchemaOf(contract)
  if (schema === undefined) {
    throw invalidOptions(
      `Expected \`runInApp\` with a contract of defineContract: "${contract.name}" comes from a lock, which has no code; ` +
        'pass the contract that defineContract returned, or leave `runInApp` out',
    )
  }
  return (content, accepted, byEngine) => {
    const rejection = byEngine ? undefined : document.check(content)
    if (rejection !== undefined) return rejection
    const finish = (result: AppResult): ReturnType<AppCheck> =>
      result.ok ? { ...accepted, value: () => result.value } : result
    try {
      const result = schema.parse(() => document.read(content))
      if (!(result instanceof Promise)) return finish(result)
      return result.then(finish, (cause: unknown) => {
        throw threw(cause)
      })
    } catch (cause) {
      throw threw(cause)
    }
  }
}

// The message of the cause may quote the payload, so it is not in this one.
const threw = (cause: unknown): SidelaneError => new SidelaneError('app.threw', { cause })

const warned = new Set<string>()

/** Warns once of what does not run, for a contract with checks or conversions of the app. */
export function warnOfAppOnly({ id, name, lock: { appOnly = [] } }: Contract): void {
  if (appOnly.length === 0 || warned.has(id)) return
  warned.add(id)
  const listed = appOnly.slice(0, 5).join(', ') + (appOnly.length > 5 ? `, and ${appOnly.length - 5} more` : '')
  const text = `The contract "${name}" has parts that only the app can run, and that do not run here: ${listed}. Set runInApp: true, or run them yourself.`
  const { process } = globalThis as { process?: { emitWarning?: (text: string, options: object) => void } }
  if (process?.emitWarning === undefined) console.warn(text)
  else process.emitWarning(text, { type: 'SidelaneWarning', code: 'AppOnly' })
}
