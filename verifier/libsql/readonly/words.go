package readonly

import "strings"

// baseWords is the table of every word that is on a list.
func baseWords() map[string]word {
	words := make(map[string]word, 1024)
	edit := func(names string, change func(*word)) {
		for name := range strings.FieldsSeq(names) {
			w, ok := words[name]
			if !ok {
				w = unlisted
			}
			change(&w)
			words[name] = w
		}
	}
	for key, names := range keywords {
		edit(names, func(w *word) { w.key = key })
	}
	edit(writers, func(w *word) { w.role |= writer })
	edit(openers, func(w *word) { w.role |= opener })
	for _, names := range allowedFunctions {
		edit(names, func(w *word) { w.role |= callable })
	}
	for cause, names := range deniedFunctions {
		edit(names, func(w *word) { w.call = cause })
	}
	for cause, names := range deniedTables {
		edit(names, func(w *word) { w.table = cause })
	}
	for name, p := range pragmas {
		if p.table {
			edit(pragmaPrefix+name, func(w *word) { w.role |= callable })
		}
	}
	words["pragma_list"] = unlisted // a pragma that begins as the tables do, and no table
	return words
}
