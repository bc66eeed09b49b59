{{/* Short enough for what is made of it: a pod's name and its labels, a CronJob's. */}}
{{- define "ocweb.name" -}}
{{- if contains "ocweb" .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-ocweb" (.Release.Name | trunc 34 | trimSuffix "-") -}}
{{- end -}}
{{- end -}}

{{- define "ocweb.selector" -}}
app.kubernetes.io/name: ocweb
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "ocweb.labels" -}}
{{ include "ocweb.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{- define "ocweb.image" -}}
{{- $image := .Values.image -}}
{{- $repository := required "image.repository is missing: say where you pushed the image, such as registry.example.org/ocweb." $image.repository -}}
{{- if $image.digest -}}
{{ $repository }}@{{ $image.digest }}
{{- else -}}
{{ $repository }}:{{ $image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* The Secret that the pod's environment is taken from; empty where there is none. */}}
{{- define "ocweb.secret" -}}
{{- $secret := .Values.secret -}}
{{- $ways := list -}}
{{- if $secret.existing }}{{ $ways = append $ways "existing" }}{{ end -}}
{{- if $secret.external.key }}{{ $ways = append $ways "external" }}{{ end -}}
{{- if $secret.values }}{{ $ways = append $ways "values" }}{{ end -}}
{{- if gt (len $ways) 1 -}}
{{- fail (printf "secret: take one way, not %s." (join " and " $ways)) -}}
{{- end -}}
{{- if $ways -}}
{{- $secret.existing | default (include "ocweb.name" .) -}}
{{- end -}}
{{- end -}}

{{/* ocweb's config file: what was said, and the host's name. */}}
{{- define "ocweb.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- if regexMatch "://[^/]*:[^/]*@" (dig "backup" "repository" "" $config) -}}
{{- fail "config.backup.repository has a password in it, and everybody who may read the ConfigMap would read it: put the address into the Secret, as OCWEB_BACKUP_REPOSITORY." -}}
{{- end -}}
{{- if .Values.host -}}
{{- $server := $config.server | default dict -}}
{{- $_ := set $server "host_names" (concat (list .Values.host) ($server.host_names | default list) | uniq) -}}
{{- $_ := set $config "server" $server -}}
{{- end -}}
{{- if .Values.backup.enabled -}}
{{- $backup := dict "to" (include "ocweb.backups" .) "every_hours" 24 "keep_days" 3 -}}
{{- $_ := set $config "backup" (mergeOverwrite $backup ($config.backup | default dict)) -}}
{{- end -}}
{{- toPrettyJson $config -}}
{{- end -}}

{{- define "ocweb.claim" -}}
{{- $volume := index .root.Values.volumes .volume -}}
{{- $volume.existingClaim | default (printf "%s-%s" (include "ocweb.name" .root) .volume) -}}
{{- end -}}

{{/* As whom every pod here runs. 1000 is the image's user. */}}
{{- define "ocweb.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "ocweb.containerSecurity" -}}
allowPrivilegeEscalation: false
privileged: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* Where ocweb puts its backups: on the other volume than what is in them. */}}
{{- define "ocweb.backups" -}}
/vol/projects/backups
{{- end -}}

{{/* The store's keys, for restic alone: they never come into ocweb's pod, where the agent could read them. */}}
{{- define "ocweb.backupSecret" -}}
{{- required "backup.secret is missing: say which Secret has RESTIC_REPOSITORY, RESTIC_PASSWORD and the store's keys." .Values.backup.secret -}}
{{- end -}}

{{/* What its snapshots are known by in a repository that several releases share. */}}
{{- define "ocweb.backupHost" -}}
{{ .Release.Namespace }}.{{ include "ocweb.name" . }}
{{- end -}}
