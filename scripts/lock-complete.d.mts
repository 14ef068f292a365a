/** Types of `lock-complete.mjs`, which runs before anything is installed. */
export interface LockFile {
  readonly packages: Readonly<
    Record<string, { readonly resolved?: string; readonly optionalDependencies?: Readonly<Record<string, string>> }>
  >;
}

export interface Manifest {
  readonly overrides?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

export declare const findLockFaults: (lock: LockFile, manifest: Manifest) => readonly string[];
