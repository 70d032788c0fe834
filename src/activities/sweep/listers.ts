/** Who finds and takes each type: a type without a row does not compile. */
import type { SweptType } from '#domain/sweep/types.ts';
import type { Lister } from './lister.ts';
import * as batch from './listers/batch.ts';
import * as ec2 from './listers/ec2.ts';
import * as efs from './listers/efs.ts';
import * as fsx from './listers/fsx.ts';
import * as iam from './listers/iam.ts';
import * as kms from './listers/kms.ts';
import * as logs from './listers/logs.ts';
import * as s3 from './listers/s3.ts';

export const LISTERS: Readonly<Record<SweptType, Lister>> = {
  'AWS::Batch::JobDefinition': batch.jobDefinition,
  'AWS::Batch::JobQueue': batch.jobQueue,
  'AWS::Batch::ComputeEnvironment': batch.computeEnvironment,
  'AWS::Batch::SchedulingPolicy': batch.schedulingPolicy,
  'AWS::EC2::LaunchTemplate': ec2.launchTemplate,
  'AWS::EC2::Instance': ec2.instance,
  'AWS::EC2::NatGateway': ec2.natGateway,
  'AWS::EC2::VPCEndpoint': ec2.vpcEndpoint,
  'AWS::EC2::Volume': ec2.volume,
  'AWS::EC2::NetworkInterface': ec2.networkInterface,
  'AWS::EC2::EIP': ec2.elasticIp,
  'AWS::EC2::SecurityGroup': ec2.securityGroup,
  'AWS::EC2::RouteTable': ec2.routeTable,
  'AWS::EC2::Subnet': ec2.subnet,
  'AWS::EC2::InternetGateway': ec2.internetGateway,
  'AWS::EC2::VPC': ec2.vpc,
  'AWS::IAM::InstanceProfile': iam.instanceProfile,
  'AWS::IAM::Role': iam.role,
  'AWS::IAM::User': iam.user,
  'AWS::IAM::ManagedPolicy': iam.managedPolicy,
  'AWS::IAM::AccessKey': iam.accessKey,
  'AWS::Logs::LogGroup': logs.logGroup,
  'AWS::KMS::Key': kms.key,
  'AWS::S3::Bucket': s3.bucket,
  'AWS::EFS::FileSystem': efs.efs,
  'AWS::FSx::FileSystem': fsx.fsx,
};
