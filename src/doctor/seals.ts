/** Sealing keys: whether all that is sealed and still to be handed out opens with those that are configured. */
import type { Control } from '#control/control.ts';
import type { SealInfo } from '#control/seals.ts';
import { codeOf } from '#domain/core/failures.ts';
import { subjectId } from '#domain/core/subject.ts';
import { type Finding, messageOf, sayingOf } from './finding.ts';
import { ALLOW_LOOKING } from './rights.ts';

const { ok, problem, unknown } = sayingOf('configuration');

const CHECK = 'sealing keys';

/** Each is read: of more, the others are taken to be like these. */
const SEALS_MAX = 1_000;
const AT_ONCE = 20;

/** More would hide the rest. */
const NAMED_MAX = 5;

export const checkSeals = async (
  { seals, claims }: Pick<Control, 'seals' | 'claims'>,
  environment: string,
): Promise<readonly Finding[]> => {
  try {
    const claimed = await claims.listAll(environment);
    // What was handed out is of use to nobody any more.
    const kept = (await seals.listAll(environment)).filter(({ accessKeyId }) => !claimed.has(accessKeyId));
    const closed: SealInfo[] = [];
    for (let at = 0; at < Math.min(kept.length, SEALS_MAX); at += AT_ONCE) {
      const some = kept.slice(at, Math.min(at + AT_ONCE, SEALS_MAX));
      const infos = await Promise.all(some.map(({ of, accessKeyId }) => seals.info(of, accessKeyId)));
      closed.push(...infos.flatMap((info) => (info && !info.opens ? [info] : [])));
    }
    const looked = kept.length > SEALS_MAX ? `${SEALS_MAX} of ${kept.length} seals` : `${kept.length} seals`;
    if (closed.length === 0) return [ok(CHECK, `they open what is sealed: ${looked}`)];
    return [...Map.groupBy(closed, ({ sealingKey }) => sealingKey)].map(([id, all]) => missing(id, all));
  } catch (error) {
    return codeOf(error) === 'Denied'
      ? [unknown(CHECK, 'these credentials may not read the seals', ALLOW_LOOKING)]
      : [unknown(CHECK, messageOf(error))];
  }
};

const missing = (id: string | null, all: readonly SealInfo[]): Finding => {
  const named = all.slice(0, NAMED_MAX).map(({ of, accessKeyId }) => `${accessKeyId} of ${of.kind} ${subjectId(of)}`);
  const whose = `${named.join(', ')}${all.length > NAMED_MAX ? ` and ${all.length - NAMED_MAX} more` : ''}`;
  const anew = otherKeysOf(all);
  return id === null
    ? problem(CHECK, `there is no seal in what should be one: ${whose}`, anew)
    : problem(
        CHECK,
        `${id} is not configured, and without it nobody is given ${whose}`,
        `give ${id} back to worker and API, in \`sealingKeys\` behind the newest; where it is lost: ${anew}`,
      );
};

/** How whoever waits for a key comes by another one. */
const otherKeysOf = (all: readonly SealInfo[]): string => {
  const workspaces = all.filter(({ of }) => of.kind === 'workspace').slice(0, NAMED_MAX);
  const rotations = workspaces.map(({ of }) => `\`eyrie rotate ${subjectId(of)}\``);
  const holders = all.some(({ of }) => of.kind === 'key-holder');
  return [
    ...rotations,
    ...(holders ? ["holders' system keys are replaced at the next look, and users make others"] : []),
  ].join(', ');
};
