/** Whom a role lets assume it. */

interface TrustStatement {
  readonly Effect?: string;
  readonly Action?: string | readonly string[];
  readonly Principal?: string | { readonly Service?: string | readonly string[] };
}

const listed = <T>(value: T | readonly T[] | undefined): readonly T[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value as T];

const ASSUMES = /^sts:(\*|AssumeRole)$|^\*$/;

/** Services that a trust policy allows to assume its role; none where the text is no policy. Conditions are not weighed. */
export const trustedServices = (document: string): readonly string[] =>
  listed(statementsOf(document))
    .filter(({ Effect, Action }) => Effect === 'Allow' && listed(Action).some((action) => ASSUMES.test(action)))
    .flatMap(({ Principal }) => (typeof Principal === 'object' ? listed(Principal.Service) : []));

const statementsOf = (document: string): TrustStatement | readonly TrustStatement[] | undefined => {
  try {
    return (JSON.parse(document) as { Statement?: TrustStatement | readonly TrustStatement[] }).Statement;
  } catch {
    return undefined;
  }
};
