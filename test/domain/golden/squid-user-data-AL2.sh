#!/bin/bash
# Written by Eyrie. The instance is replaced, not changed: edits here are lost.
set -euo pipefail
exec > >(tee -a /var/log/eyrie-squid.log) 2>&1
retry() { for try in 1 2 3 4 5 6; do "$@" && return 0; sleep $((try * 5)); done; return 1; }

retry yum install --assumeyes squid openssl iptables
# The old image is made for ECS: its agent would register the instance, and Docker's rules drop what is forwarded.
systemctl disable --now ecs docker.socket docker || true
iptables --policy FORWARD ACCEPT
iptables --flush FORWARD

cat > /etc/squid/allowed-domains.txt <<'EYRIE'
.amazonaws.com
.amazonlinux.com
.anaconda.com
.anaconda.org
.aws.amazon.com
.bioconda.github.io
.bioconductor.org
.bitbucket.org
.broadinstitute.org
.docker.com
.docker.io
.ebi.ac.uk
.ensembl.org
.gcr.io
.ghcr.io
.github.com
.githubusercontent.com
.gitlab.com
.mcr.microsoft.com
.nextflow.io
.nf-co.re
.nih.gov
.nvcr.io
.pkg.dev
.public.ecr.aws
.quay.io
.r-project.org
.seqera.io
.ucsc.edu
storage.googleapis.com
EYRIE

cat > /etc/squid/squid.conf <<'EYRIE'
http_port 127.0.0.1:3128
http_port 3129 intercept
https_port 3130 intercept ssl-bump name=tls generate-host-certificates=off cert=/etc/squid/ssl/squid.pem

acl workspace src 192.168.0.0/16
acl web port 80 443
acl intercepted_tls myportname tls
acl allowed_http dstdomain "/etc/squid/allowed-domains.txt"
acl allowed_tls ssl::server_name "/etc/squid/allowed-domains.txt"
acl step1 at_step SslBump1

# The name is only known after the first look; a connection without a listed one ends there.
ssl_bump peek step1
ssl_bump splice allowed_tls
ssl_bump terminate all

http_access deny !web
http_access allow localhost allowed_http
http_access allow workspace intercepted_tls
http_access allow workspace allowed_http
http_access deny all

# Nothing is stored: the proxy filters, it does not cache.
cache deny all
# A name with many addresses (S3) resolves differently from one second to the next: that is no forgery.
host_verify_strict off
shutdown_lifetime 3 seconds
access_log daemon:/var/log/squid/access.log
EYRIE

mkdir -p /etc/squid/ssl
test -s /etc/squid/ssl/squid.crt || openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=squid -keyout /etc/squid/ssl/squid.key -out /etc/squid/ssl/squid.crt
cat /etc/squid/ssl/squid.key /etc/squid/ssl/squid.crt > /etc/squid/ssl/squid.pem
chown -R squid:squid /etc/squid/ssl
chmod -R go-rwx /etc/squid/ssl

cat > /etc/sysctl.d/90-eyrie.conf <<'EYRIE'
net.ipv4.ip_forward = 1
EYRIE
sysctl --system > /dev/null

cat > /usr/local/sbin/eyrie-squid <<'EYRIE'
#!/bin/bash
set -euo pipefail
iptables -t nat -F PREROUTING
iptables -t nat -A PREROUTING -s 192.168.0.0/16 ! -d 192.168.0.0/16 -p tcp --dport 80 -j REDIRECT --to-ports 3129
iptables -t nat -A PREROUTING -s 192.168.0.0/16 ! -d 192.168.0.0/16 -p tcp --dport 443 -j REDIRECT --to-ports 3130
iptables -F FORWARD
iptables -A FORWARD -s 192.168.0.0/16 ! -d 192.168.0.0/16 -j REJECT
until curl --fail --silent --output /dev/null --max-time 10 --proxy http://127.0.0.1:3128 http://checkip.amazonaws.com/ &&
  (: < /dev/tcp/127.0.0.1/3130) 2> /dev/null; do
  sleep 5
done
echo 'eyrie: squid is ready' > /dev/console
EYRIE
chmod 0755 /usr/local/sbin/eyrie-squid

cat > /etc/systemd/system/eyrie-squid.service <<'EYRIE'
[Unit]
Description=Redirect of web traffic to Squid, and its ready marker
Wants=network-online.target
After=network-online.target squid.service

[Service]
Type=oneshot
RemainAfterExit=yes
TimeoutStartSec=infinity
ExecStart=/usr/local/sbin/eyrie-squid

[Install]
WantedBy=multi-user.target
EYRIE

systemctl daemon-reload
systemctl enable squid eyrie-squid
systemctl restart squid
systemctl start --no-block eyrie-squid
