/**
 * SSM: moto knows the public image parameters, but writes those that hold an object as Python prints one.
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters.html
 */
import type { Call, Rule } from '../../core/call.ts';
import { listOf, textOf } from '../../core/params.ts';
import { type ActionsOf, adminRoute, type ServiceModule } from '../../core/service.ts';
import type { World } from '../../core/world.ts';
import { createRecommendedImages, RecommendedImage } from './recommended-images.ts';

type Parameter = Record<string, unknown>;

/** Neither key nor value of these objects holds a quote. */
const asJson = (parameter: Parameter): Parameter => {
  const value = String(parameter.Value ?? '');
  return value.startsWith("{'") ? { ...parameter, Value: value.replaceAll("'", '"') } : parameter;
};

const parameterArn = ({ region, account }: Call, name: string): string => {
  if (name.startsWith('arn:')) return name;
  // Public parameters belong to no account.
  const owner = name.startsWith('/aws/service/') ? '' : account;
  return `arn:aws:ssm:${region}:${owner}:parameter/${name.replace(/^\//, '')}`;
};

/** @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html */
const actions: ActionsOf = (call) => {
  const action = `ssm:${call.operation}`;
  if (call.operation === 'DescribeParameters') return [{ action, resource: '*' }];
  const names = [textOf(call.params, 'Name'), textOf(call.params, 'Path'), ...listOf(call.params, 'Names').map(String)];
  const given = names.filter((name) => name !== '');
  return given.length > 0 ? given.map((name) => ({ action, resource: parameterArn(call, name) })) : undefined;
};

/** A public parameter belongs to no account. */
const withItsArn = (call: Call, parameter: Parameter): Parameter => ({
  ...parameter,
  ARN: parameterArn(call, String(parameter.Name)),
});

export const createSsm = (world: World): ServiceModule => {
  const images = createRecommendedImages(world);
  const shown = (call: Call, parameter: Parameter): Parameter =>
    images.current(call.account, asJson(withItsArn(call, parameter)));
  const amended: Rule = async (call, forward) => {
    const answer = await forward();
    if (answer.status >= 300) return answer;
    const result = world.decode(call, answer);
    return world.answer(call, {
      ...result,
      ...(result.Parameter !== undefined && { Parameter: shown(call, result.Parameter as Parameter) }),
      ...(Array.isArray(result.Parameters) && {
        Parameters: (result.Parameters as Parameter[]).map((each) => shown(call, each)),
      }),
    });
  };
  return {
    service: 'ssm',
    rules: { GetParameter: amended, GetParameters: amended, GetParametersByPath: amended },
    actions,
    admin: { 'PUT recommended-image': adminRoute(RecommendedImage, images.recommend) },
    errors: { internal: ['InternalServerError', 500, 'Internal server error'] },
  };
};
