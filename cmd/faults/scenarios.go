package main

import (
	"time"

	"github.com/sekisho-project/sekisho/cmd/faults/internal/fleet"
	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

// scenarios are all stories, in the order in which they are told.
var scenarios = []scenario{
	{
		name: "calm", story: "nothing goes wrong but reloads",
		steps: []step{awhile(5 * time.Second), reload(one), awhile(5 * time.Second)},
	},
	{
		name: "gates-killed", story: "each gate is killed and starts again, in turn",
		steps: []step{
			awhile(time.Second),
			kill(one), awhile(time.Second), reload(another), start(one),
			kill(another), awhile(time.Second), start(another),
			kill(third), awhile(time.Second), start(third),
		},
	},
	{
		name: "gate-frozen", story: "a gate stands still for longer than max_staleness", staleness: 3 * time.Second,
		steps: []step{
			awhile(2 * time.Second),
			freeze(one), awhile(2 * time.Second), reload(another), awhile(2 * time.Second),
			thaw(one), awhile(time.Second),
		},
	},
	{
		name: "redis-killed", short: true, story: "Redis is killed and comes back",
		steps: []step{
			awhile(2 * time.Second),
			killRedis, awhile(time.Second), reload(one), goesOn(one), awhile(time.Second),
			startRedis, awhile(2 * time.Second),
		},
	},
	{
		name: "redis-frozen", story: "Redis hangs for longer than max_staleness", staleness: 4 * time.Second,
		steps: []step{
			awhile(2 * time.Second),
			freezeRedis, reload(one), awhile(4 * time.Second), everyone(abstains),
			thawRedis, awhile(2 * time.Second),
		},
	},
	{
		name: "slow-link", story: "links to Redis are slow and lose their connections",
		steps: []step{
			awhile(time.Second),
			disturb(one, testrig.Disturbance{Delay: 200 * time.Millisecond}),
			disturb(another, testrig.Disturbance{Delay: 20 * time.Millisecond, Lifetime: 400 * time.Millisecond}),
			awhile(3 * time.Second), reload(one), awhile(3 * time.Second),
			mend(one), mend(another), awhile(time.Second),
		},
	},
	{
		name: "one-way", story: "Redis hears a gate that does not hear Redis, and the other way round", staleness: 4 * time.Second,
		steps: []step{
			awhile(time.Second),
			disturb(one, testrig.Disturbance{HoldReplies: true}),
			disturb(another, testrig.Disturbance{HoldRequests: true}),
			awhile(3 * time.Second), reload(one), awhile(2 * time.Second),
			mend(one), mend(another), awhile(2 * time.Second),
		},
	},
	{
		name: "partition", short: true, story: "a gate is parted from Redis for longer than max_staleness", staleness: 4 * time.Second,
		steps: []step{
			awhile(2 * time.Second),
			cut(one), awhile(2 * time.Second), reload(one), awhile(2 * time.Second), abstains(one),
			mend(one), awhile(2 * time.Second),
		},
	},
	{
		name: "flush", short: true, story: "Redis is flushed; a gate that knows nothing starts",
		steps: []step{
			awhile(2 * time.Second),
			flush, awhile(time.Second), reload(one), allRight,
			kill(another), loseCopy(another), start(another), awhile(2 * time.Second),
		},
	},
	{
		name: "only-the-feed", story: "Redis loses everything but the end of its feed; a gate that knows nothing starts",
		steps: []step{
			awhile(2 * time.Second),
			loseAllButFeed, awhile(time.Second), reload(one), allRight,
			kill(another), loseCopy(another), start(another), awhile(2 * time.Second),
		},
	},
	{
		name: "evicted", story: "Redis evicts all revocations, but not its feed; a gate that knows nothing starts",
		steps: []step{
			awhile(4 * time.Second),
			evict, awhile(time.Second), reload(one), allRight,
			kill(another), loseCopy(another), start(another), awhile(2 * time.Second),
		},
	},
	{
		name: "old-dump", story: "Redis is restored to what it was before; a gate that knows nothing starts",
		steps: []step{
			awhile(2 * time.Second),
			dump, awhile(3 * time.Second),
			killRedis, restore, reload(one), startRedis, awhile(time.Second), allRight,
			kill(another), loseCopy(another), start(another), awhile(2 * time.Second),
		},
	},
	{
		name: "quiet-dump", story: "Redis is restored while nothing changes; a gate that knows nothing starts",
		steps: []step{
			awhile(time.Second),
			dump, awhile(2 * time.Second), rest,
			killRedis, restore, startRedis, reload(one), kill(another), loseCopy(another), start(another), allRight,
			awhile(time.Second),
		},
	},
	{
		name: "all-restart", story: "all gates start again while Redis is down, one without its durable copy",
		steps: []step{
			awhile(2 * time.Second),
			killRedis, everyone(stop), everyone(start), awhile(time.Second), reload(one), everyone(goesOn),
			stop(third), loseCopy(third), start(third), abstains(third),
			startRedis, awhile(2 * time.Second),
		},
	},
	{
		name: "stale-restart", story: "all gates start again with copies older than max_staleness, while Redis is down", staleness: 4 * time.Second,
		steps: []step{
			awhile(2 * time.Second),
			killRedis, everyone(stop), awhile(4 * time.Second), everyone(start), everyone(abstains), reload(one),
			startRedis, awhile(2 * time.Second),
		},
	},
	{
		name: "flush-and-restart", story: "Redis is flushed and all gates are killed; the durable copies know",
		steps: []step{
			awhile(2 * time.Second), rest, everyone(keepCopy),
			everyone(kill), flush, everyone(start), reload(one), awhile(2 * time.Second),
		},
	},
	{
		name: "disk-full", story: "no gate can write its durable copy",
		steps: []step{
			awhile(time.Second), everyone(stop), everyone(start),
			everyone(blockCopy), awhile(time.Second), reload(one), everyone(kill), everyone(start), awhile(2 * time.Second),
			everyone(unblockCopy), awhile(time.Second), everyone(stop), flush, everyone(start), awhile(2 * time.Second),
		},
	},
	{
		name: "clock", story: "clocks jump, and gates start, while Redis is away", staleness: 4 * time.Second, skew: 6 * time.Minute,
		steps: []step{
			awhile(2 * time.Second),
			setClock(one, -6*time.Minute), mintStill(one), setClock(one, -5*time.Minute), setClock(another, 5*time.Minute),
			awhile(2 * time.Second), reload(one),
			cut(one), cut(another), awhile(4 * time.Second), setClock(one, -6*time.Minute), abstains(one), abstains(another),
			mend(one), mend(another), setClock(third, 5*time.Minute), awhile(2 * time.Second),
			stop(third), killRedis, startWithClock(third, 0), awhile(4 * time.Second), abstains(third),
			setClock(one, 0), setClock(another, 0), startRedis, awhile(2 * time.Second),
		},
	},
	{
		name: "failover", story: "a master is lost, and Sentinels promote its replica", kind: fleet.Sentinel,
		steps: []step{
			awhile(2 * time.Second),
			killMaster, reload(one), promoted, awhile(2 * time.Second),
			startMaster, awhile(2 * time.Second),
		},
	},
	{
		name: "lost-writes", story: "the replica that Sentinels promote lacks the newest writes; a gate that knows nothing starts", kind: fleet.Sentinel,
		steps: []step{
			awhile(2 * time.Second),
			cutReplica, awhile(2 * time.Second),
			killMaster, reload(one), promoted, awhile(time.Second), startMaster, allRight,
			kill(another), loseCopy(another), start(another), awhile(2 * time.Second),
		},
	},
	{
		name: "lost-unseen", story: "a fail-over loses writes before any gate has seen them", kind: fleet.Sentinel,
		steps: []step{
			awhile(2 * time.Second), hideFeed, cutReplica, awhile(2 * time.Second), rest,
			killMaster, promoted, reload(one), awhile(2 * time.Second), startMaster, awhile(time.Second),
		},
	},
	{
		name: "deposed", story: "a gate hears only the old master, which does not know that another was promoted", kind: fleet.Sentinel,
		staleness: 4 * time.Second,
		steps: []step{
			awhile(2 * time.Second),
			bar(one), depose(one), awhile(4 * time.Second), abstains(one), reload(one), abstains(one),
			admit(one), demote, awhile(2 * time.Second),
		},
	},
	{
		name: "cluster", story: "a cluster loses the master that knows what was taken back", kind: fleet.Cluster,
		steps: []step{
			awhile(2 * time.Second),
			killMaster, reload(one), promoted, awhile(2 * time.Second),
			startMaster, awhile(2 * time.Second),
		},
	},
}
