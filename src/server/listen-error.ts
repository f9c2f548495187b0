import { socketTexts as texts } from '../tables/daemon-texts.ts'
import { errorText } from '../util/error-text.ts'
import { fillTemplate, type TemplateValues } from '../util/fill-template.ts'

/** The socket cannot be used. */
export class ListenError extends Error {
  override readonly name = 'ListenError'
}

export const failure = <const T extends string>(template: T, values: TemplateValues<T>, cause?: unknown): ListenError =>
  new ListenError(fillTemplate(template, values), cause === undefined ? undefined : { cause })

/** Throws ListenError, which names the path, when the action throws. */
export function attempt<T>(path: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    throw failure(texts.cannotUse, { path, reason: errorText(error) }, error)
  }
}
