import { WORKER_SERVICES } from '../resources/worker-services.ts';

/**
 * How the jobs of a workspace reach what lies outside of its VPC. Whichever it is, S3 has a gateway endpoint.
 *
 * `proxy`: an instance of Squid that lets listed domains through. `nat`: a NAT gateway, which lets everything through
 * and needs no care. `none`: nothing but endpoints of the services that a worker can't do without.
 */
export const EGRESSES = ['proxy', 'nat', 'none'] as const;
export type Egress = (typeof EGRESSES)[number];

/**
 * What of `nat` and `none` stays, and is paid for, while a workspace is parked. `address`: the Elastic IP address, which
 * others may have on their lists; `all`: the NAT gateway too, or the endpoints.
 */
export const KEPT_WHEN_PARKED = ['nothing', 'address', 'all'] as const;
export type KeptWhenParked = (typeof KEPT_WHEN_PARKED)[number];

/** Of a workspace: pinned in its record at launch. */
export interface EgressSettings {
  readonly egress: Egress;
  readonly keptWhenParked: KeptWhenParked;
  /** Services that get an endpoint where there is no other way out: `ecr.api`, or in full `cn.com.amazonaws.….ecr.api`. */
  readonly services: readonly string[];
}

/** Of a workspace that was launched when there was no choice. */
export const EGRESS_DEFAULT: EgressSettings = { egress: 'proxy', keptWhenParked: 'nothing', services: WORKER_SERVICES };

/** The services' names come in several forms in China: there they are given in full. */
const IN_FULL = /^(?:cn\.)?com\.amazonaws\.[a-z0-9-]+\./;

/** `com.amazonaws.us-east-1.ecr.api` */
export const serviceNameOf = (region: string, service: string): string =>
  IN_FULL.test(service) ? service : `com.amazonaws.${region}.${service}`;

/** `ecr-api`: part of the endpoint's name. */
export const serviceLabelOf = (service: string): string => service.replace(IN_FULL, '').replaceAll('.', '-');
