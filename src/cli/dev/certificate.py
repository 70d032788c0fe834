"""Writes ca.pem, cert.pem and key.pem for the loopback addresses. Usage: certificate.py FOLDER

The key of the CA is forgotten: nothing else can ever be signed with it.
"""

import datetime
import ipaddress
import os
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

folder = sys.argv[1]
now = datetime.datetime.now(datetime.timezone.utc)
LIFE = datetime.timedelta(days=30)


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def builder(subject, issuer, key):
    return (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + LIFE)
    )


def write(file, data):
    with open(os.open(os.path.join(folder, file), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(data)


ca_key = ec.generate_private_key(ec.SECP256R1())
ca_id = x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key())
ca = (
    builder("Eyrie dev CA", "Eyrie dev CA", ca_key)
    .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    .add_extension(
        x509.KeyUsage(
            digital_signature=False,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        ),
        critical=True,
    )
    .add_extension(ca_id, critical=False)
    .sign(ca_key, hashes.SHA256())
)

key = ec.generate_private_key(ec.SECP256R1())
hosts = [
    x509.DNSName("localhost"),
    x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    x509.IPAddress(ipaddress.ip_address("::1")),
]
cert = (
    builder("localhost", "Eyrie dev CA", key)
    .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
    .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ca_id), critical=False)
    .sign(ca_key, hashes.SHA256())
)

PEM = serialization.Encoding.PEM
write("ca.pem", ca.public_bytes(PEM))
write("cert.pem", cert.public_bytes(PEM))
write(
    "key.pem",
    key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
)
