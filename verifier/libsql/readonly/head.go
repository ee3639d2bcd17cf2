package readonly

// statement judges the statement that begins at the current token, up to the
// semicolon or the end of the text. In SQLite's grammar the first keyword decides
// what a statement does; only EXPLAIN and WITH leave it to a later one.
func (j *judge) statement() Kind {
	switch j.word.key {
	case keySelect, keyValues, keyWith:
		j.query()
		return Read
	case keyExplain:
		j.explain()
		return Explain
	case keyPragma:
		j.pragma()
		return Pragma
	case keyBegin:
		return j.begin()
	case keyCommit:
		j.advance()
		j.transactionName()
		j.finish()
		return End
	case keyRollback:
		return j.rollback()
	case keySavepoint:
		j.advance()
		j.name()
		j.finish()
		return Savepoint
	case keyRelease:
		j.release()
		return Savepoint
	}
	j.refuseHead(statementUnknown)
	return 0
}

// refuseHead says why the keyword begins no query.
func (j *judge) refuseHead(otherwise cause) {
	switch j.word.key {
	case keyWrite:
		j.fail(statementWrites)
	case keyAttach:
		j.fail(otherDatabase)
	default:
		if j.token == tokenEnd {
			otherwise = malformed
		}
		j.fail(otherwise)
	}
}

// explain takes EXPLAIN [QUERY PLAN] of a query. Pragmas act while they are
// compiled, so to explain one is to run it.
func (j *judge) explain() {
	j.advance()
	if j.word.key == keyQuery {
		j.advance()
		j.expect(keyPlan)
	}
	switch j.word.key {
	case keySelect, keyValues, keyWith:
		j.query()
	default:
		j.refuseHead(explainOther)
	}
}

// query takes SELECT, VALUES, or WITH and one of these.
func (j *judge) query() {
	if j.word.key == keyWith {
		j.advance()
		j.commonTables()
	}
	if j.word.key != keySelect && j.word.key != keyValues {
		j.refuseHead(malformed)
		return
	}
	j.scan(toEnd)
}

// commonTables takes the list of WITH, up to the word behind it.
func (j *judge) commonTables() {
	if j.word.key == keyRecursive {
		j.advance()
	}
	for {
		j.commonTable()
		if j.token != tokenComma {
			return
		}
		j.shape.comma()
		j.advance()
	}
}

// commonTable takes name [(columns)] AS [NOT] [MATERIALIZED] (query). A denied
// function's name is refused before a parenthesis here as everywhere.
func (j *judge) commonTable() {
	denied := j.word.call
	j.name()
	if j.token == tokenOpen {
		if denied > passed {
			j.failAt(denied, j.lastStart, j.lastEnd)
		}
		j.group()
	}
	j.expect(keyAs)
	if j.word.key == keyNot {
		j.advance()
	}
	if j.word.key == keyMaterialized {
		j.advance()
	}
	j.group()
}

// begin takes BEGIN [DEFERRED | READONLY | IMMEDIATE | EXCLUSIVE] [TRANSACTION [name]].
func (j *judge) begin() Kind {
	kind := Begin
	j.advance()
	switch j.word.key {
	case keyDeferred, keyReadonly:
		j.advance()
	case keyLocking:
		kind = BeginLock
		j.advance()
	case keyConcurrent:
		j.fail(writeLock)
	}
	j.transactionName()
	j.finish()
	return kind
}

// transactionName takes [TRANSACTION [name]]. READONLY stands where a name can.
func (j *judge) transactionName() {
	if j.word.key != keyTransaction {
		return
	}
	j.advance()
	switch {
	case j.word.key == keyLocking, j.word.key == keyConcurrent:
		j.fail(malformed)
	case j.token.isName() && j.word.key != keyTo:
		j.advance()
	}
}

// rollback takes ROLLBACK [TRANSACTION [name]] [TO [SAVEPOINT] name].
func (j *judge) rollback() Kind {
	j.advance()
	j.transactionName()
	if j.word.key != keyTo {
		j.finish()
		return End
	}
	j.release()
	return Savepoint
}

// release takes what follows RELEASE or TO: [SAVEPOINT] name.
func (j *judge) release() {
	j.advance()
	if j.word.key == keySavepoint {
		j.advance()
	}
	j.name()
	j.finish()
}

// name takes a name in any quoting.
func (j *judge) name() {
	if !j.token.isName() {
		j.fail(malformed)
		return
	}
	j.advance()
}

// expect takes the keyword.
func (j *judge) expect(k keyword) {
	if j.word.key != k {
		j.fail(malformed)
		return
	}
	j.advance()
}

// finish wants the statement to be over.
func (j *judge) finish() {
	if j.token != tokenSemicolon && j.token != tokenEnd {
		j.fail(malformed)
	}
}
