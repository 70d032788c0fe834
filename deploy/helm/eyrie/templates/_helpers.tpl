{{- define "eyrie.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{/* Called with (dict "root" $ "part" "api" | "worker") from here on. */}}
{{- define "eyrie.fullname" -}}
{{ include "eyrie.name" .root }}-{{ .part }}
{{- end -}}

{{- define "eyrie.selector" -}}
app.kubernetes.io/name: eyrie
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end -}}

{{- define "eyrie.labels" -}}
{{ include "eyrie.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "eyrie.serviceAccount" -}}
{{- $values := index .root.Values .part -}}
{{- if $values.serviceAccount.create -}}
{{ default (include "eyrie.fullname" .) $values.serviceAccount.name }}
{{- else -}}
{{ default "default" $values.serviceAccount.name }}
{{- end -}}
{{- end -}}

{{- define "eyrie.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The port that API and workers serve health and metrics on: the image's health check asks there. */}}
{{- define "eyrie.port" -}}8080{{- end -}}

{{/* What belongs to the pods themselves wins over `config`. A ConfigMap is no place for secrets. */}}
{{- define "eyrie.config" -}}
{{- with .Values.config -}}
{{- if .sealingKeys }}{{ fail "config.sealingKeys: a ConfigMap is no place for secrets; sealingKeys.secretName names yours" }}{{ end -}}
{{- if .temporal }}{{ fail "config.temporal: set temporal beside config instead" }}{{ end -}}
{{- if dig "aws" "credentials" "" . }}{{ fail "config.aws.credentials: a ConfigMap is no place for secrets; give the service account a role, or set extraEnv" }}{{ end -}}
{{- if dig "s3" "sessionKeys" "" . }}{{ fail "config.s3.sessionKeys: a ConfigMap is no place for secrets; they are derived from the sealing keys" }}{{ end -}}
{{- if dig "s3" "upstream" "secretAccessKey" "" . }}{{ fail "config.s3.upstream.secretAccessKey: a ConfigMap is no place for secrets; set EYRIE_S3_UPSTREAM_SECRET by extraEnv" }}{{ end -}}
{{- end -}}
{{- $port := include "eyrie.port" . | int -}}
{{- $own := dict
  "api" (dict "host" "0.0.0.0" "port" $port "drainSeconds" .Values.api.drainSeconds "stopSeconds" .Values.api.stopSeconds)
  "worker" (dict "metricsHost" "0.0.0.0" "metricsPort" $port) -}}
{{- mustMergeOverwrite (deepCopy .Values.config) $own | toYaml -}}
{{- end -}}

{{/* The variables that Temporal's own tools take. */}}
{{- define "eyrie.env" -}}
- name: EYRIE_SEALING_KEYS
  valueFrom:
    secretKeyRef:
      name: {{ .Values.sealingKeys.secretName }}
      key: {{ .Values.sealingKeys.key }}
{{- if .Values.hatcheryConfig.configMapName }}
- name: EYRIE_HATCHERY_CONFIG
  value: /etc/hatchery/hatchery.json
{{- end }}
{{- with .Values.temporal }}
- name: TEMPORAL_ADDRESS
  value: {{ .address | quote }}
- name: TEMPORAL_NAMESPACE
  value: {{ .namespace | quote }}
{{- if or .tls.enabled .tls.caSecretName .tls.clientSecretName .tls.serverName }}
- name: TEMPORAL_TLS
  value: 'true'
{{- end }}
{{- with .tls.serverName }}
- name: TEMPORAL_TLS_SERVER_NAME
  value: {{ . | quote }}
{{- end }}
{{- if .tls.caSecretName }}
- name: TEMPORAL_TLS_SERVER_CA_CERT_PATH
  value: /etc/temporal/ca/{{ .tls.caKey }}
{{- end }}
{{- if .tls.clientSecretName }}
- name: TEMPORAL_TLS_CLIENT_CERT_PATH
  value: /etc/temporal/client/tls.crt
- name: TEMPORAL_TLS_CLIENT_KEY_PATH
  value: /etc/temporal/client/tls.key
{{- end }}
{{- with .apiKey }}
{{- if .secretName }}
- name: TEMPORAL_API_KEY
  valueFrom:
    secretKeyRef:
      name: {{ .secretName }}
      key: {{ .key }}
{{- end }}
{{- end }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "eyrie.volumeMounts" -}}
- name: config
  mountPath: /etc/eyrie
  readOnly: true
- name: tmp
  mountPath: /tmp
{{- if .Values.hatcheryConfig.configMapName }}
- name: hatchery
  mountPath: /etc/hatchery
  readOnly: true
{{- end }}
{{- if .Values.temporal.tls.caSecretName }}
- name: temporal-ca
  mountPath: /etc/temporal/ca
  readOnly: true
{{- end }}
{{- if .Values.temporal.tls.clientSecretName }}
- name: temporal-client
  mountPath: /etc/temporal/client
  readOnly: true
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "eyrie.volumes" -}}
- name: config
  configMap:
    name: {{ include "eyrie.name" . }}
# A library of the worker unpacks itself there.
- name: tmp
  emptyDir:
    sizeLimit: 128Mi
{{- with .Values.hatcheryConfig }}
{{- if .configMapName }}
- name: hatchery
  configMap:
    name: {{ .configMapName }}
    items:
      - { key: {{ .key }}, path: hatchery.json }
{{- end }}
{{- end }}
{{- with .Values.temporal.tls.caSecretName }}
- name: temporal-ca
  secret:
    secretName: {{ . }}
{{- end }}
{{- with .Values.temporal.tls.clientSecretName }}
- name: temporal-client
  secret:
    secretName: {{ . }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* All of a pod but its containers. */}}
{{- define "eyrie.pod" -}}
{{- $values := index .root.Values .part -}}
serviceAccountName: {{ include "eyrie.serviceAccount" . }}
# Nothing here talks to Kubernetes; roles of AWS come with a token of their own.
automountServiceAccountToken: false
# Kubernetes would set EYRIE_API_PORT for the Service `eyrie-api`, and to an address.
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  # So that a Secret's files can be read.
  fsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
topologySpreadConstraints:
{{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - topologyKey: {{ . }}
    maxSkew: 1
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "eyrie.selector" $ | nindent 8 }}
{{- end }}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumes:
  {{- include "eyrie.volumes" .root | nindent 2 }}
{{- end -}}

{{/* All of a container but its probes. */}}
{{- define "eyrie.container" -}}
name: {{ .part }}
image: {{ include "eyrie.image" .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
args: [{{ .part }}, --config, /etc/eyrie/eyrie.yaml]
env:
  {{- include "eyrie.env" .root | nindent 2 }}
ports:
  - name: http
    containerPort: {{ include "eyrie.port" .root }}
{{- if eq .part "api" }}
{{- with dig "s3" "rootPort" 0 .root.Values.config }}
  - name: s3
    containerPort: {{ . }}
{{- end }}
{{- end }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
resources:
  {{- toYaml (index .root.Values .part).resources | nindent 2 }}
volumeMounts:
  {{- include "eyrie.volumeMounts" .root | nindent 2 }}
{{- end -}}

{{- define "eyrie.podAnnotations" -}}
# A changed configuration makes new pods; a changed Secret does not: kubectl rollout restart.
checksum/config: {{ include "eyrie.config" .root | sha256sum }}
{{- with (index .root.Values .part).podAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "eyrie.podLabels" -}}
{{ include "eyrie.labels" . }}
{{- with (index .root.Values .part).podLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Where the API has a certificate of its own. */}}
{{- define "eyrie.scheme" -}}
{{- if dig "api" "tls" "" .Values.config }}, scheme: HTTPS{{ end -}}
{{- end -}}
