package turso

import "strings"

// hostTemplate makes the host name of a database.
type hostTemplate struct {
	text  string
	plain bool // without TLS
}

func newHostTemplate(text string) hostTemplate {
	text, plain := strings.CutPrefix(text, "http://")
	text = strings.TrimPrefix(text, "https://")
	return hostTemplate{text: strings.TrimSuffix(text, "/"), plain: plain}
}

func (t hostTemplate) of(org, database string) string {
	return strings.NewReplacer("{database}", database, "{organization}", org).Replace(t.text)
}

// region is the name of the only place there is. Turso's command line speaks
// plain HTTP to databases in "local" and to no others.
func (t hostTemplate) region() string {
	if t.plain {
		return "local"
	}
	return "default"
}
