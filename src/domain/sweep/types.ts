/** The types of things that a sweep looks for, and what may become of each: one row a type, in the order of removal. */

interface Swept {
  /** CloudFormation's name. */
  readonly type: string;
  /** Seen from every region: looked for once in an account. */
  readonly global?: true;
  /** It holds somebody's data: it is told of, and never taken. */
  readonly data?: true;
  /** Hangs on what stands before it, and goes after it. */
  readonly stage: number;
}

export const SWEPT = [
  { type: 'AWS::Batch::JobDefinition', stage: 0 },
  { type: 'AWS::Batch::JobQueue', stage: 0 },
  { type: 'AWS::Batch::ComputeEnvironment', stage: 1 },
  { type: 'AWS::Batch::SchedulingPolicy', stage: 2 },
  { type: 'AWS::EC2::LaunchTemplate', stage: 2 },
  { type: 'AWS::EC2::Instance', stage: 2 },
  { type: 'AWS::EC2::NatGateway', stage: 2 },
  { type: 'AWS::EC2::VPCEndpoint', stage: 2 },
  { type: 'AWS::EC2::Volume', stage: 3 },
  { type: 'AWS::EC2::NetworkInterface', stage: 3 },
  { type: 'AWS::EC2::EIP', stage: 3 },
  { type: 'AWS::EC2::SecurityGroup', stage: 4 },
  { type: 'AWS::EC2::Subnet', stage: 4 },
  { type: 'AWS::EC2::RouteTable', stage: 5 },
  { type: 'AWS::EC2::InternetGateway', stage: 6 },
  { type: 'AWS::EC2::VPC', stage: 7 },
  { type: 'AWS::IAM::InstanceProfile', global: true, stage: 2 },
  { type: 'AWS::IAM::Role', global: true, stage: 3 },
  { type: 'AWS::IAM::User', global: true, stage: 3 },
  { type: 'AWS::IAM::ManagedPolicy', global: true, stage: 4 },
  { type: 'AWS::IAM::AccessKey', global: true, stage: 2 },
  { type: 'AWS::Logs::LogGroup', stage: 3 },
  { type: 'AWS::KMS::Key', stage: 7 },
  { type: 'AWS::S3::Bucket', global: true, data: true, stage: 7 },
  { type: 'AWS::EFS::FileSystem', data: true, stage: 7 },
  { type: 'AWS::FSx::FileSystem', data: true, stage: 7 },
] as const satisfies readonly Swept[];

export type SweptType = (typeof SWEPT)[number]['type'];

const ROWS: ReadonlyMap<string, Swept> = new Map(SWEPT.map((row) => [row.type, row]));

export const isData = (type: SweptType): boolean => ROWS.get(type)?.data === true;
export const isGlobal = (type: SweptType): boolean => ROWS.get(type)?.global === true;

/** A place in a quota is given back once nothing stands in it. */
const LAST = 9;

/** Of what is Eyrie's own: secrets first, places last. */
export const stageOf = (type: string): number => ROWS.get(type)?.stage ?? (type === 'Eyrie::Place' ? LAST : 0);
