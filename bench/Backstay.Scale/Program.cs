using System.Globalization;
using System.Net;
using Backstay.Protocol.Admin;
using Backstay.Scale;

const string Usage =
    """
    usage: Backstay.Scale enrol  --controller URL --password P --agents N --file FILE
           Backstay.Scale fleet  --controller URL --password P --agents N --file FILE --pid PID --hints N --burst N --bytes N --idle SECONDS
           Backstay.Scale ingest --controller URL --password P --agents N --file FILE --bytes N
           Backstay.Scale put    --url URL --streams N --bytes N
    enrol makes the appliances and writes their credentials to FILE. fleet connects them and measures the controller, whose process is
    PID. ingest sends N archives at once, put sends the same bytes to a WebDAV server; both print seconds. bench/scale.sh runs them all.
    """;

if (args is not [var what and ("enrol" or "fleet" or "ingest" or "put"), .. var rest])
{
    await Console.Error.WriteLineAsync(Usage);
    return 2;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    stop.Cancel();
};

try
{
    var options = new Arguments(rest);
    if (what == "put")
    {
        Print(await IngestScenario.PutAsync(options.Address("url"), options.Number("streams"), new Payload(options.Bytes("bytes")), stop.Token));
        return 0;
    }

    var controller = options.Address("controller");
    using var http = Connections.Create([], 0, TimeSpan.FromSeconds(60));
    http.BaseAddress = controller;
    http.DefaultRequestVersion = HttpVersion.Version11;
    var login = await new AdminClient(http).LoginAsync(new LoginRequest("local", "admin", options.Text("password"), Guid.NewGuid()), stop.Token);
    var admin = new AdminClient(http, login.Token);
    if (what == "enrol")
    {
        var enrolled = await FleetFile.EnrolAsync(admin, http, controller, options.Number("agents"), stop.Token);
        await enrolled.WriteAsync(options.Text("file"), stop.Token);
        return 0;
    }

    var file = await FleetFile.ReadAsync(options.Text("file"), stop.Token);
    var idle = TimeSpan.FromSeconds(what == "fleet" ? options.Number("idle") : 60);
    await using var fleet = new Backstay.Scale.Fleet(file, options.Number("agents"), controller, new Payload(options.Bytes("bytes")), idle);
    if (what == "fleet")
        await new FleetScenario(admin, fleet, new ProcessUse(options.Number("pid"))).RunAsync(options.Number("hints"), options.Number("burst"), stop.Token);
    else
        Print(await IngestScenario.BackUpAsync(admin, fleet, stop.Token));
    return 0;
}
catch (FormatException exception)
{
    await Console.Error.WriteLineAsync($"{exception.Message}\n{Usage}");
    return 2;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return 130;
}

static void Print(double seconds) => Console.WriteLine(seconds.ToString("F2", CultureInfo.InvariantCulture));
