package turso

import "github.com/sekisho-project/sekisho/issuer/internal/door"

// What Turso's command line and SDK ask about a database beside its description.
// Nothing is measured or configured through this door, so that the numbers are 0,
// the switches as the description has them, and the lists empty.

type configuration struct {
	SizeLimit        string   `json:"size_limit"`
	AllowAttach      bool     `json:"allow_attach"`
	BlockReads       bool     `json:"block_reads"`
	BlockWrites      bool     `json:"block_writes"`
	DeleteProtection bool     `json:"delete_protection"`
	AllowedIPs       []string `json:"allowed_ips"`
	AllowedVPCs      []string `json:"allowed_aws_vpc_ids"`
}

func (d *Door) configuration(c *door.Call) (any, error) {
	db, err := d.find(c)
	if err != nil {
		return nil, err
	}
	return configuration{
		AllowAttach: db.AllowAttach, BlockReads: db.BlockReads, BlockWrites: db.BlockWrites, DeleteProtection: db.DeleteProtection,
		AllowedIPs: []string{}, AllowedVPCs: []string{},
	}, nil
}

// usage is in rows and bytes.
type usage struct {
	RowsRead     int `json:"rows_read"`
	RowsWritten  int `json:"rows_written"`
	StorageBytes int `json:"storage_bytes"`
	BytesSynced  int `json:"bytes_synced"`
}

// databaseUsage says it twice: Turso's clients read usage, and its reference has total.
type databaseUsage struct {
	UUID      string   `json:"uuid"`
	Instances []string `json:"instances"`
	Usage     usage    `json:"usage"`
	Total     usage    `json:"total"`
}

func (d *Door) usage(c *door.Call) (any, error) {
	db, err := d.find(c)
	if err != nil {
		return nil, err
	}
	return map[string]any{"database": databaseUsage{UUID: db.DbID, Instances: []string{}}}, nil
}

func (d *Door) instances(c *door.Call) (any, error) {
	if _, err := d.find(c); err != nil {
		return nil, err
	}
	return map[string]any{"instances": []string{}}, nil
}

func (d *Door) groupConfiguration(c *door.Call) (any, error) {
	g, err := d.findGroup(c)
	if err != nil {
		return nil, err
	}
	return map[string]bool{"delete_protection": g.DeleteProtection}, nil
}
