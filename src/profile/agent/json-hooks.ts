// JSON.parse and JSON.stringify are native code, which V8 counts as time of their caller. Called through functions of this
// file they have frames of their own.

const { parse: nativeParse, stringify: nativeStringify } = JSON

export interface JsonHooks {
  calls(): number
  remove(): void
}

export function hookJson(): JsonHooks {
  let calls = 0
  // Methods, as the native functions are: they have no prototype and refuse `new`.
  const hooks = {
    parse(this: void, text: string, reviver?: Parameters<typeof nativeParse>[1]): unknown {
      calls++
      return nativeParse(text, reviver)
    },
    stringify(this: void, value: unknown, replacer?: (string | number)[] | null, space?: string | number): string {
      calls++
      return nativeStringify(value, replacer, space)
    },
  }
  put('parse', hooks.parse)
  put('stringify', hooks.stringify)
  return {
    calls: () => calls,
    remove() {
      // What another tool put there since stays.
      if (JSON.parse === hooks.parse) put('parse', nativeParse)
      if (JSON.stringify === (hooks.stringify as unknown)) put('stringify', nativeStringify)
    },
  }
}

function put(name: 'parse' | 'stringify', value: unknown): void {
  Object.defineProperty(JSON, name, { value, writable: true, enumerable: false, configurable: true })
}
