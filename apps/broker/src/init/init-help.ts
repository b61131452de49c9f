/** The text of `q-broker init --help`. */
export const initHelp = `Usage: q-broker init --secure [flags]
       q-broker init --admin <name> [flags]
       q-broker init --renew [--into <path>] [--name <name>]
       q-broker init --client <name> [--into <path>]

Sets a broker up, so that only who belongs there is let in. What is there already stays as it is.

  --secure
      All that a secured broker on this machine needs, for development: an authority, a certificate,
      an administrator with a password that is made up, a file of settings, and a profile for q.
  --admin <name>
      Alone: make the first administrator, in the data folder of a broker that does not run. It is
      asked for a password. With --secure: what the administrator is called (default admin).
  --renew
      Give the broker of --secure a new certificate for its key, which it takes by itself.

  --password-file <path>
      File with the password of the administrator, for nobody else to read; - is standard input.
  --data-dir <path>
      Folder of the data (default ./data, or what the settings say).
  --config <path>
      YAML file of settings that says where the data is; with --admin.
  --into <path>
      Folder for what --secure makes (default ./secure).
  --name <name>
      One more host name or address of this machine, for the certificate; may be repeated.
  --client <name>
      Make a certificate for this user as well. Alone: in the folder that --secure has made, also
      while the broker runs.
  --port <port>, --admin-port <port>, --kafka-port <port>
      Ports in the settings and in the profile (default 7420, 7421, 9092).
  --profile <name>
      What the profile of q is called (default secure).

A password is never an argument: every user of the machine could read it in the list of processes.
`;
