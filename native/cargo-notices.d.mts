interface Crate {
  readonly name: string
  readonly version: string
  readonly folder: string
}

/** The texts of a crate, and of other code in its folder. */
export declare function textsOf(crate: Crate, linked: readonly Crate[]): readonly { of: string; text: string }[]
