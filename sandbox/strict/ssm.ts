/** SSM: moto knows the public image parameters, so calls pass as they are; a rule file makes the service known. */
import type { ServiceModule } from './rule.ts';

export const createSsm = (): ServiceModule => ({ service: 'ssm', rules: {} });
