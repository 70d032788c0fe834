/** SSM: moto knows the public image parameters, but writes those that hold an object as Python prints one. */
import type { Rule, ServiceModule, World } from '../../core/rule.ts';

type Parameter = Record<string, unknown>;

/** Neither key nor value of these objects holds a quote. */
const asJson = (parameter: Parameter): Parameter => {
  const value = String(parameter.Value ?? '');
  return value.startsWith("{'") ? { ...parameter, Value: value.replaceAll("'", '"') } : parameter;
};

export const createSsm = (world: World): ServiceModule => {
  const amended: Rule = async (call, forward) => {
    const answer = await forward();
    if (answer.status >= 300) return answer;
    const result = world.decode(call, answer);
    return world.answer(call, {
      ...result,
      ...(result.Parameter !== undefined && { Parameter: asJson(result.Parameter as Parameter) }),
      ...(Array.isArray(result.Parameters) && { Parameters: (result.Parameters as Parameter[]).map(asJson) }),
    });
  };
  return {
    service: 'ssm',
    rules: { GetParameter: amended, GetParameters: amended, GetParametersByPath: amended },
  };
};
