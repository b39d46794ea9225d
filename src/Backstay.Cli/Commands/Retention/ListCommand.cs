using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Retention;

/// <summary><c>backstay retention list</c>.</summary>
internal sealed class ListCommand(GlobalOptions global) : CliCommand(
    global, "list", "List the policies by which backups are kept", "backstay retention list")
{
    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var policies = (await connection.Client.ListRetentionPoliciesAsync(null, cancellationToken)).Data;
        await invocation.WarnOfRetentionAsync(connection.Client, cancellationToken);
        invocation.Terminal.Result(policies, AdminJson.Default.RetentionPolicy, new Columns<RetentionPolicy>()
            .Add("NAME", policy => policy.Name)
            .Add("KEEPS", PolicyText.Keeps)
            .Add("APPLIANCES", PolicyText.Selects)
            .Add("TIME ZONE", policy => policy.TimeZone)
            .Add("ID", policy => policy.Id?.ToString()));
        return ExitCode.Ok;
    }
}
