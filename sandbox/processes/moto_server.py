"""The moto server as the sandbox runs it: without an access log, with connections that stay open, and with what every
account begins with read once.

Werkzeug's server closes each connection after one answer, waits 10 ms for the client to do so too, and starts a thread for
the next one. moto gives every account some 1,300 images, each with a snapshot, and reads its files anew for each account:
seconds of work and megabytes.
"""

import functools
import io
import json
import logging
import re

import moto.backends as backends
import moto.core.responses as responses
import moto.ec2.models as ec2
import moto.ec2.models.amis as amis
import moto.iam.models as iam
import moto.kms.models as kms
import moto.moto_server.werkzeug_app as werkzeug_app
import moto.server
import moto.ssm.models as ssm
from werkzeug import serving
from werkzeug.exceptions import InternalServerError

KEPT_PER_FAMILY = 3

load_all = amis.load_resource


def load_newest(path):
    families = {}
    for image in load_all(path):
        family = re.sub(r"\d[\d.]*", "", image.get("name") or "")
        families.setdefault(family, []).append(image)
    return [
        image
        for images in families.values()
        # A name ends in its date; not every image says when it was made.
        for image in sorted(images, key=lambda one: one.get("name") or "")[-KEPT_PER_FAMILY:]
    ]


@functools.cache
def aws_policies(region):
    return [
        iam.AWSManagedPolicy.from_data(name, "aws", region, data)
        for name, data in json.loads(iam.aws_managed_policies_data).items()
    ]


def copy_of(thing, **fresh):
    """Made anew for each account, policies and parameters cost a tenth of a second each."""
    copy = object.__new__(type(thing))
    vars(copy).update(vars(thing), **fresh)
    return copy


def managed_policies(backend):
    return [
        copy_of(policy, account_id=backend.account_id, versions=list(policy.versions), tags={})
        for policy in aws_policies(backend.region_name)
    ]


load_parameters = ssm.ParameterDict._load_tree_parameters


@functools.cache
def aws_parameters(region, path):
    parameters = ssm.ParameterDict("aws", region)
    load_parameters(parameters, path)
    return tuple(dict.items(parameters))


def load_copies(parameters, path):
    for name, versions in aws_parameters(parameters.region_name, path):
        dict.__setitem__(parameters, name, [copy_of(one, account_id=parameters.account_id, labels=[]) for one in versions])


init_ec2 = ec2.EC2Backend.__init__


def init_with_default_network(backend, *args, **kwargs):
    """AWS's default VPC has an internet gateway, a route to it, and a group whose members reach each other.

    https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc-components.html
    """
    init_ec2(backend, *args, **kwargs)
    vpc = backend.default_vpc
    gateway = backend.create_internet_gateway()
    backend.attach_internet_gateway(gateway.id, vpc.id)
    [table] = [one for one in backend.route_tables.values() if one.vpc_id == vpc.id]
    backend.create_route(table.id, "0.0.0.0/0", gateway_id=gateway.id)
    group = backend.get_security_group_by_name_or_id("default", vpc.id)
    backend.authorize_security_group_ingress(
        group.id, "-1", None, None, [], source_groups=[{"GroupId": group.id}], vpc_id=vpc.id
    )


ec2.EC2Backend.__init__ = init_with_default_network
amis.load_resource = functools.cache(load_newest)
iam.IAMBackend._init_aws_policies = managed_policies
# Nobody signs with them: every key may have the same pair.
kms.generate_private_key = functools.cache(kms.generate_private_key)
ssm.ParameterDict._load_tree_parameters = load_copies
# What these find never changes; moto looks at every call.
responses.method_names_from_class = functools.cache(responses.method_names_from_class)
modules = tuple(backends.list_of_moto_modules())
backends.list_of_moto_modules = lambda: modules
# A line per call would cost more than many a call.
logging.getLogger("werkzeug").setLevel(logging.ERROR)


def answer_of(app, environ):
    started = []
    pieces = app(environ, lambda status, headers, exc_info=None: started.append((status, headers)))
    body = b"".join(pieces)
    if hasattr(pieces, "close"):
        pieces.close()
    return (*started[-1], body)


class KeepAlive(werkzeug_app.MotoRequestHandler):
    """Serves one request after the other on a connection. Its client, the layer, always tells a body's length."""

    def run_wsgi(self):
        environ = self.make_environ()
        environ["wsgi.input"] = io.BytesIO(self.rfile.read(int(self.headers.get("content-length") or 0)))
        try:
            status, headers, body = answer_of(self.server.app, environ)
        except Exception:  # among others what moto raises for an operation that it does not have
            status, headers, body = answer_of(InternalServerError(), environ)
        code, _, reason = status.partition(" ")
        names = {name.lower() for name, _ in headers}
        self.send_response(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        has_body = self.command != "HEAD" and code not in ("204", "304")
        if has_body and "content-length" not in names:
            self.send_header("content-length", str(len(body)))
        self._headers_buffer.append(b"\r\n" + body if has_body else b"\r\n")
        self.flush_headers()


moto.server.MotoRequestHandler = KeepAlive
serving.BaseWSGIServer.log_startup = lambda server: print("moto listens", flush=True)

if __name__ == "__main__":
    moto.server.main()
