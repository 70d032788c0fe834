# A list of operations with the AWS SDK for Ruby: one JSON object of results.
require 'aws-sdk-s3'
require 'digest'
require 'json'
require 'stringio'

TARGET = JSON.parse(ARGV[0])
BUCKET = TARGET['bucket']
NAMES = ['plain', 'sp ace', 'pl+us', 'é/日本', 'per%cent', "x!'()*", 'a;b&c=d?e#f', "line\nfeed"].freeze
LARGE = Random.new(1).bytes(12_000_000)

Aws.config.update(ssl_ca_bundle: TARGET['ca']) if TARGET['ca']
s3 = Aws::S3::Client.new(
  endpoint: TARGET['endpoint'],
  region: 'us-east-1',
  force_path_style: true,
  credentials: Aws::Credentials.new(TARGET['accessKeyId'], TARGET['secretAccessKey'], TARGET['sessionToken'])
)
object = ->(key) { Aws::S3::Object.new(BUCKET, key, client: s3) }
results = {}
NAMES.each do |key|
  s3.put_object(bucket: BUCKET, key: key, body: "body of #{key}", metadata: { 'odd' => 'a  b' })
  results["get #{key}"] = s3.get_object(bucket: BUCKET, key: key).body.read.force_encoding('UTF-8')
  object.call("copy/#{key}").copy_from(bucket: BUCKET, key: key)
  results["copy #{key}"] = object.call("copy/#{key}").get.body.read.force_encoding('UTF-8')
end
object.call('large').upload_stream(part_size: 5 * 1024 * 1024) { |out| out.binmode && out.write(LARGE) }
results['large'] = Digest::SHA256.hexdigest(object.call('large').get.body.read) == Digest::SHA256.hexdigest(LARGE)
results['range'] = Digest::SHA256.hexdigest(object.call('large').get(range: 'bytes=100-5000099').body.read)
results['metadata'] = object.call('plain').metadata
begin
  object.call('missing').get
rescue Aws::S3::Errors::ServiceError => e
  results['missing'] = e.code
end
keys = Aws::S3::Bucket.new(BUCKET, client: s3).objects.map(&:key)
results['list'] = keys.sort
deleted = s3.delete_objects(bucket: BUCKET, delete: { objects: keys.map { |key| { key: key } } })
results['deleted'] = deleted.deleted.size
results['errors'] = deleted.errors.map(&:code)
puts JSON.generate(results)
