using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Backstay.Protocol.Admin;

namespace Backstay.Chaos.Running;

/// <summary>A client of the admin API, signed in, that takes restarts for normal: it asks again until somebody answers.</summary>
internal sealed class AdminSession : IDisposable
{
    /// <summary>Clients give a status call 5 seconds.</summary>
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(60);

    private readonly HttpClient _http;
    private readonly HttpClient _downloads;

    private AdminSession(int port, string pin, TimeSpan keepConnection)
    {
        _http = NewHttp(port, pin, CallLimit, keepConnection);
        _downloads = NewHttp(port, pin, Timeout.InfiniteTimeSpan, keepConnection);
        Client = new AdminClient(_http);
        Downloads = new AdminClient(_downloads);
    }

    /// <summary>For calls that are answered at once.</summary>
    public AdminClient Client { get; private set; }

    /// <summary>For downloads, which may take their time.</summary>
    public AdminClient Downloads { get; private set; }

    /// <param name="keepConnection">How long a connection is used; zero: every call makes one, which a balancer gives to the next controller.</param>
    public static async Task<AdminSession> SignInAsync(
        int port, string pin, string password, TimeSpan keepConnection, CancellationToken cancellationToken)
    {
        var session = new AdminSession(port, pin, keepConnection);
        var signedIn = await session.AskAsync(
            (client, ct) => client.LoginAsync(new LoginRequest("local", "admin", password, Guid.NewGuid()), ct), "signing in", cancellationToken);
        session.Client = new AdminClient(session._http, signedIn.Token);
        session.Downloads = new AdminClient(session._downloads, signedIn.Token);
        return session;
    }

    public Task<T> AskAsync<T>(Func<AdminClient, CancellationToken, Task<T>> ask, string what, CancellationToken cancellationToken) =>
        Patience.AskAsync(ct => ask(Client, ct), AnswerLimit, $"no answer to {what}", cancellationToken);

    /// <summary>What the lists say of one of an appliance's newest backups.</summary>
    public Task<Backup> RecordAsync(Guid appliance, Guid id, CancellationToken cancellationToken) => AskAsync(
        async (client, ct) =>
        {
            var newest = new ListRequest(Range: "0-4", OrderBy: "created", Descending: true);
            return (await client.ListBackupsAsync(appliance, newest, ct)).Data.FirstOrDefault(backup => backup.Id == id)
                ?? throw new OutOfPatienceException($"{id} is in no list", null);
        },
        "the list of backups",
        cancellationToken);

    public void Dispose()
    {
        _http.Dispose();
        _downloads.Dispose();
    }

    private static HttpClient NewHttp(int port, string pin, TimeSpan limit, TimeSpan keepConnection)
    {
        var handler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is X509Certificate2 known
                    && Convert.ToBase64String(SHA256.HashData(known.PublicKey.ExportSubjectPublicKeyInfo())) == pin,
            },
            ConnectTimeout = CallLimit,
            PooledConnectionLifetime = keepConnection,
            UseProxy = false,
        };
        return new HttpClient(handler) { BaseAddress = new Uri($"https://127.0.0.1:{port}"), Timeout = limit };
    }
}
