/** What Arborist, Gen3's policy engine, is to hold of a user. Members are named as its API has them. */

export interface ArboristResource {
  /** Path of the resource that it is below. */
  readonly parent: string;
  readonly name: string;
  readonly description: string;
}

export interface ArboristRole {
  readonly id: string;
  readonly permissions: readonly {
    readonly id: string;
    readonly action: { readonly service: string; readonly method: string };
  }[];
}

export interface ArboristPolicy {
  readonly id: string;
  readonly description: string;
  readonly role_ids: readonly string[];
  readonly resource_paths: readonly string[];
}

export interface ArboristAccessSpec {
  readonly username: string;
  readonly resources: readonly ArboristResource[];
  readonly role: ArboristRole;
  readonly policy: ArboristPolicy;
}
