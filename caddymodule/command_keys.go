package caddymodule

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/sekisho-project/sekisho/issuer/keyring"
)

func keysCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Lists, rotates and exports the keys that sign tokens",
		Long: `
Two sets of keys, two jobs: the signing keys sign what clients hold, the
upstream keys sign the short-lived tokens that the gate shows to the libSQL
server. Only public parts ever leave the server.`,
	}
	adminFlags(cmd)
	cmd.AddCommand(keysList(), keysRotate(), keysExport())
	return cmd
}

func keysList() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list [--json]",
		Short: "Lists the keys, the newest first",
		Args:  cobra.NoArgs,
	}
	asJSON := cmd.Flags().Bool("json", false, "Print JSON")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		body, err := adminCall(cmd, "GET", "/sekisho/keys", nil)
		if err != nil || *asJSON {
			return printed(cmd.OutOrStdout(), body, err)
		}
		var keys keyList
		if err := json.Unmarshal(body, &keys); err != nil {
			return fmt.Errorf("reading the reply: %w", err)
		}
		table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "FOR\tID\tSTATE\tCREATED\tSIGNS FROM\tNEEDED UNTIL")
		printKeys(table, "clients", keys.Signing)
		printKeys(table, "upstream", keys.Upstream)
		return table.Flush()
	}
	return cmd
}

func printKeys(w io.Writer, job string, keys []keyring.KeyInfo) {
	for _, k := range keys {
		until := "-"
		switch {
		case k.Never:
			until = "no end"
		case !k.Horizon.IsZero():
			until = k.Horizon.Format(time.RFC3339)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", job, k.ID, k.State,
			k.CreatedAt.Format(time.RFC3339), k.ActiveFrom.Format(time.RFC3339), until)
	}
}

func keysRotate() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rotate [--upstream] [--now] [--drop-old --yes]",
		Short: "Makes a new key; the old ones go on verifying",
		Long: `
Makes a new key. It is published at once and signs after a while, when every
node and every cache of the public keys has it; the old key goes on verifying
until the last token that it signed has ended.

With --now the new key signs at once. With --drop-old, for a key that has
leaked, the old keys are gone at once, and every token that they signed with
them: that wants --yes.

After rotating the upstream key, export it to the libSQL server anew.`,
		Args: cobra.NoArgs,
	}
	var request rotateRequest
	cmd.Flags().BoolVar(&request.Upstream, "upstream", false, "Rotate the key that the libSQL server trusts")
	cmd.Flags().BoolVar(&request.Now, "now", false, "Sign with the new key at once")
	cmd.Flags().BoolVar(&request.DropOld, "drop-old", false, "Refuse every token that an old key signed")
	yes := cmd.Flags().BoolP("yes", "y", false, "Confirm --drop-old")
	asJSON := cmd.Flags().Bool("json", false, "Print JSON")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if request.DropOld && !*yes {
			return errors.New("--drop-old ends every token that was signed until now: confirm with --yes")
		}
		body, err := adminCall(cmd, "POST", "/sekisho/keys/rotate", request)
		if err != nil || *asJSON {
			return printed(cmd.OutOrStdout(), body, err)
		}
		var key keyring.KeyInfo
		if err := json.Unmarshal(body, &key); err != nil {
			return fmt.Errorf("reading the reply: %w", err)
		}
		fmt.Fprintln(cmd.OutOrStdout(), key.ID)
		fmt.Fprintf(os.Stderr, "The new key signs from %s on.\n", key.ActiveFrom.Format(time.RFC3339))
		return nil
	}
	return cmd
}

func keysExport() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export [--upstream]",
		Short: "Prints public keys as PEM",
		Long: `
Prints the public keys as PEM. With --upstream, the ones that the libSQL server
trusts: the file that sqld takes with --auth-jwt-key-file.`,
		Args: cobra.NoArgs,
	}
	upstream := cmd.Flags().Bool("upstream", false, "Export what the libSQL server trusts")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		uri := "/sekisho/keys/export"
		if *upstream {
			uri += "?ring=" + keyring.Upstream
		}
		body, err := adminCall(cmd, "GET", uri, nil)
		return printed(cmd.OutOrStdout(), body, err)
	}
	return cmd
}
