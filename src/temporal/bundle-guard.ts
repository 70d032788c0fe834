/**
 * Keeps the workflow bundle pure: the SDK's bundler refuses Node built-ins, but would quietly bundle the browser build
 * of an AWS client. A module that doesn't belong fails the build by its name, and so does a bundle over 2 MB.
 */

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type WorkflowBundleWithSourceMap } from '@temporalio/worker';

/** Packages and folders that have no business in workflow code. */
const FORBIDDEN =
  /[\\/](node_modules[\\/](@aws-sdk|@smithy|@aws-crypto|hono|@hono|zod|pino|undici|jose|yaml|commander)|src[\\/](activities|aws|control|api|config|s3|observability|cli))[\\/]/;

export const BUNDLE_BYTES_MAX = 2 * 1024 * 1024;

interface WebpackModule {
  readonly resource?: string;
}

interface WebpackCompilation {
  readonly errors: unknown[];
  readonly fileDependencies: Iterable<string>;
  readonly missingDependencies: Iterable<string>;
  readonly hooks: { finishModules: { tap: (name: string, run: (modules: Iterable<WebpackModule>) => void) => void } };
}

interface WebpackCompiler {
  readonly hooks: {
    compilation: { tap: (name: string, run: (compilation: WebpackCompilation) => void) => void };
    done: { tap: (name: string, run: (stats: { readonly compilation: WebpackCompilation }) => void) => void };
  };
}

export interface Bundle extends WorkflowBundleWithSourceMap {
  /** Paths of all that was read for it. */
  readonly files: readonly string[];
  /** Paths that were looked for in vain: were something there, the bundle might be another one. */
  readonly missing: readonly string[];
}

/** A webpack plugin that notes every forbidden module, and at its end what the bundle was made from. */
const guardInto = (offences: string[], done: (compilation: WebpackCompilation) => void) => ({
  apply(compiler: WebpackCompiler): void {
    compiler.hooks.done.tap('bundle-guard', ({ compilation }) => done(compilation));
    compiler.hooks.compilation.tap('bundle-guard', (compilation) => {
      compilation.hooks.finishModules.tap('bundle-guard', (modules) => {
        for (const { resource } of modules) {
          if (!resource || !FORBIDDEN.test(resource)) continue;
          offences.push(`${resource} must not be imported by workflow code (import its types only)`);
          compilation.errors.push(new Error(offences.at(-1)));
        }
      });
    });
  },
});

const pathOf = (entry: string): string => fileURLToPath(new URL(`../workflows/${entry}`, import.meta.url));

export const WORKFLOWS = pathOf('index.ts');
/** For workers that take part in worker versioning. */
export const VERSIONED_WORKFLOWS = pathOf('versioned.ts');

/** Without the source map that the bundler puts behind it. */
export const codeBytes = (code: string): number => {
  const map = code.lastIndexOf('\n//# sourceMappingURL=');
  return Buffer.byteLength(map < 0 ? code : code.slice(0, map));
};

/** Bundles the workflows. @throws where a forbidden module is in the bundle, or the bundle is too large. */
export const bundleWorkflows = async (workflowsPath = WORKFLOWS): Promise<Bundle> => {
  const offences: string[] = [];
  const said: string[] = [];
  let read: Pick<Bundle, 'files' | 'missing'> = { files: [], missing: [] };
  const guard = guardInto(offences, ({ fileDependencies, missingDependencies }) => {
    // The bundler's own entry is made up in memory.
    read = { files: [...fileDependencies].filter(existsSync), missing: [...missingDependencies] };
  });
  const note = (message: string) => void said.push(message);
  const bundle = await bundleWorkflowCode({
    workflowsPath,
    logger: { log() {}, trace() {}, debug() {}, info() {}, warn: note, error: note },
    webpackConfigHook: (config) => ({ ...config, plugins: [...(config.plugins ?? []), guard as never] }),
  }).catch((cause: unknown) => {
    throw new Error(`the workflows do not bundle:\n${(offences.length > 0 ? offences : said).join('\n')}`, { cause });
  });
  const bytes = codeBytes(bundle.code);
  if (bytes > BUNDLE_BYTES_MAX) throw new Error(`the workflow bundle has ${bytes} bytes, over ${BUNDLE_BYTES_MAX}`);
  return { ...bundle, ...read };
};
