using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Xunit;

namespace Backstay.Protocol.Tests.Admin;

/// <summary>Clients branch on these names. What is written here is the wire; it never changes for looks.</summary>
public sealed class WireNamesTests
{
    private static readonly Guid Id = new("6f1c8b1e-5c1f-4a55-9d0c-6f4f3a0f5d11");
    private static readonly DateTimeOffset Time = new(2026, 3, 1, 12, 30, 0, TimeSpan.Zero);

    [Fact]
    public void An_error_is_id_and_message_and_the_fields_of_its_status() => Same(
        new ApiError(ErrorIds.NotAcceptable, "No.")
        {
            MinSupportedVersion = 17,
            MaxSupportedVersion = 23,
            Errors = [new FieldError("scope.ids", "Not a UUID.")],
            Reason = "Locked.",
            TraceId = "abc",
        },
        """
        {"id":"not-acceptable","message":"No.","errors":[{"field":"scope.ids","message":"Not a UUID."}],
         "minSupportedVersion":17,"maxSupportedVersion":23,"reason":"Locked.","traceId":"abc"}
        """,
        AdminJson.Default.ApiError);

    [Fact]
    public void A_plain_error_has_nothing_else() => Same(
        new ApiError(ErrorIds.NotFound, "No."), """{"id":"not-found","message":"No."}""", AdminJson.Default.ApiError);

    [Fact]
    public void A_login_is_four_fields() => Same(
        new LoginRequest("local", "admin", "secret", Id),
        $$$"""{"providerName":"local","username":"admin","password":"secret","deviceId":"{{{Id}}}"}""",
        AdminJson.Default.LoginRequest);

    [Fact]
    public void A_signed_in_user_has_a_token_and_privileges() => Same(
        new LoginResponse("t", Time, new SignedInUser("admin", false, true, [new Privilege(PrivilegeType.CheckStatus, PrivilegeTarget.GlobalSetting, new PrivilegeScope(false, [Id], ["eu"]))]), "Hello"),
        $$$"""
        {"token":"t","expires":"2026-03-01T12:30:00+00:00",
         "user":{"name":"admin","needTwoFactorAuth":false,"canAccessAuditLogs":true,
                 "privileges":[{"type":"CheckStatus","target":"GlobalSetting","scope":{"all":false,"ids":["{{{Id}}}"],"tags":["eu"]}}]},
         "messageOfTheDay":"Hello"}
        """,
        AdminJson.Default.LoginResponse);

    [Fact]
    public void The_identity_providers_are_data_of_name_and_type() => Same(
        new IdentityProviderNames([new IdentityProviderName("local", "Credentials")]),
        """{"data":[{"name":"local","type":"Credentials"}]}""",
        AdminJson.Default.IdentityProviderNames);

    [Fact]
    public void The_version_names_the_peer_versions() => Same(
        new VersionInfo(23, 17, "0.1.0"), """{"peerVersion":23,"lowestPeerVersionSupported":17,"version":"0.1.0"}""", AdminJson.Default.VersionInfo);

    [Fact]
    public void A_backup_request_may_be_empty() => Same(new BackupRequest(), "{}", AdminJson.Default.BackupRequest);

    [Fact]
    public void A_backup_request_has_three_fields() => Same(
        new BackupRequest(true, false, "https://h/"), """{"logs":true,"audit":false,"notifyUrl":"https://h/"}""", AdminJson.Default.BackupRequest);

    [Fact]
    public void An_accepted_backup_is_its_id() => Same(new BackupAccepted(Id), $$$"""{"id":"{{{Id}}}"}""", AdminJson.Default.BackupAccepted);

    [Fact]
    public void A_status_is_processing_with_a_message_and_without_a_result() => Same(
        new BackupStatus(BackupStatusWord.Processing, Message: "collecting"),
        """{"status":"processing","message":"collecting"}""",
        AdminJson.Default.BackupStatus);

    [Fact]
    public void A_status_is_done_with_a_result_and_on_failure_an_output() => Same(
        new BackupStatus(BackupStatusWord.Done, BackupResult.Failure, "failed", "Why", "utf-8"),
        """{"status":"done","result":"failure","message":"failed","output":"Why","encoding":"utf-8"}""",
        AdminJson.Default.BackupStatus);

    [Fact]
    public void A_list_is_data_range_and_what_was_asked() => Same(
        new PagedList<Appliance>([], "0-0/0", "name", true, ["a"], 0, ["b"]),
        """{"data":[],"range":"0-0/0","orderBy":"name","descending":true,"queries":["a"],"totalCount":0,"filterBy":["b"]}""",
        AdminJson.Default.PagedListAppliance);

    [Fact]
    public void An_appliance_has_its_roles_as_objects() => Same(
        new Appliance(
            Id, "gw-01", "gw", Id, "Berlin", "n", ["t"], Time, Time, true,
            new(true), new(true), new(true), new(true), new(true), new(true), new(false)),
        $$$"""
        {"id":"{{{Id}}}","name":"gw-01","hostname":"gw","site":"{{{Id}}}","siteName":"Berlin","notes":"n","tags":["t"],
         "created":"2026-03-01T12:30:00+00:00","updated":"2026-03-01T12:30:00+00:00","activated":true,
         "controller":{"enabled":true},"gateway":{"enabled":true},"logServer":{"enabled":true},"logForwarder":{"enabled":true},
         "connector":{"enabled":true},"portal":{"enabled":true},"metricsAggregator":{"enabled":false}}
        """,
        AdminJson.Default.Appliance);

    [Theory]
    [InlineData(ApplianceHealth.NotAvailable, "n/a")]
    [InlineData(ApplianceHealth.Offline, "offline")]
    [InlineData(ApplianceHealth.Healthy, "healthy")]
    [InlineData(ApplianceHealth.Warning, "warning")]
    [InlineData(ApplianceHealth.Error, "error")]
    [InlineData(ApplianceHealth.Busy, "busy")]
    public void An_appliances_status_is_one_of_six_words(ApplianceHealth health, string word) => Same(
        new ApplianceStatus(
            Id, "gw-01", null, null, null, [], true, health, ["Metrics Aggregator"], 1, 2.5, 3, "0.1.0",
            new ApplianceDetails(new DiskDetails(9_000_000_000_000, 1, 2)), null),
        $$$"""
        {"id":"{{{Id}}}","name":"gw-01","tags":[],"activated":true,"status":"{{{word}}}","functions":["Metrics Aggregator"],
         "cpu":1,"memory":2.5,"disk":3,"applianceVersion":"0.1.0","details":{"disk":{"total":9000000000000,"used":1,"free":2} } }
        """,
        AdminJson.Default.ApplianceStatus);

    [Fact]
    public void The_settings_have_the_names_that_clients_put_back() => Same(
        new GlobalSettings(true, "p", 720, "b", "m", "c", Id, 1, 2, 3.5, "Default"),
        $$$"""
        {"backupApiEnabled":true,"backupPassphrase":"p","administrationTokenExpiration":720,"loginBannerMessage":"b",
         "messageOfTheDay":"m","collectiveName":"c","collectiveId":"{{{Id}}}","claimsTokenExpiration":1,"entitlementTokenExpiration":2,
         "vpnCertificateExpiration":3.5,"auditLogPersistenceMode":"Default"}
        """,
        AdminJson.Default.GlobalSettings);

    [Fact]
    public void Settings_that_nobody_knows_are_ignored() =>
        Assert.Equal(new GlobalSettings(), JsonSerializer.Deserialize("""{"registrationExpiration":5}""", AdminJson.Default.GlobalSettings));

    [Fact]
    public void A_backup_in_a_list_has_words_for_its_states() => Same(
        new Backup(
            Id, Id, "gw-01", BackupStatusWord.Done, BackupResult.Failure, FailureReason.DeadlineExceeded, "m", "o", true, false, "https://h/",
            "admin", Time, Time, Time, 2, new BackupProgress(BackupPhase.Uploading, 1, 2, 3, 4), 5, "ab", 6, 7, VerificationState.Damaged, Time,
            Sections: [new Protocol.Agent.SectionSummary("config", 6, 8, 7)], FirstWarnings: ["config: w"]),
        $$$"""
        {"id":"{{{Id}}}","applianceId":"{{{Id}}}","applianceName":"gw-01","status":"done","result":"failure","reason":"deadline-exceeded",
         "message":"m","output":"o","logs":true,"audit":false,"notifyUrl":"https://h/","requestedBy":"admin",
         "created":"2026-03-01T12:30:00+00:00","started":"2026-03-01T12:30:00+00:00","ended":"2026-03-01T12:30:00+00:00","attempt":2,
         "progress":{"phase":"uploading","files":1,"filesTotal":2,"bytes":3,"bytesTotal":4},
         "size":5,"sha256":"ab","files":6,"warnings":7,"verification":"damaged","verified":"2026-03-01T12:30:00+00:00",
         "sections":[{"name":"config","files":6,"bytes":8,"warnings":7}],"firstWarnings":["config: w"]}
        """,
        AdminJson.Default.Backup);

    [Theory]
    [InlineData(FailureReason.AgentLost, "agent-lost")]
    [InlineData(FailureReason.AgentRestarted, "agent-restarted")]
    [InlineData(FailureReason.SourceFailed, "source-failed")]
    [InlineData(FailureReason.StoreFull, "store-full")]
    [InlineData(FailureReason.StoreFailed, "store-failed")]
    [InlineData(FailureReason.Cancelled, "cancelled")]
    [InlineData(FailureReason.DeadlineExceeded, "deadline-exceeded")]
    [InlineData(FailureReason.Integrity, "integrity")]
    [InlineData(FailureReason.ControllerFailed, "controller-failed")]
    public void A_failure_has_one_of_nine_reasons(FailureReason reason, string word)
    {
        var data = new BackupNotificationData(Id, Id, "gw-01", BackupResult.Failure, reason, null, null, null, Time, Time);
        Same(
            new BackupNotification("backup.failed", Time, data),
            $$$"""
            {"type":"backup.failed","timestamp":"2026-03-01T12:30:00+00:00",
             "data":{"backupId":"{{{Id}}}","applianceId":"{{{Id}}}","applianceName":"gw-01","result":"failure","reason":"{{{word}}}",
                     "created":"2026-03-01T12:30:00+00:00","ended":"2026-03-01T12:30:00+00:00"}}
            """,
            AdminJson.Default.BackupNotification);
    }

    [Fact]
    public void Every_reason_has_been_thought_of() => Assert.Equal(9, Enum.GetValues<FailureReason>().Length);

    [Fact]
    public void A_delivery_has_its_tries() => Same(
        new Delivery(Id, Id, Id, "https://h/", DeliveryState.GivenUp, Time, Time, Time, [new DeliveryTry(Time, 500, "e", 12)]),
        $$$"""
        {"id":"{{{Id}}}","backupId":"{{{Id}}}","applianceId":"{{{Id}}}","url":"https://h/","state":"givenUp",
         "created":"2026-03-01T12:30:00+00:00","nextTry":"2026-03-01T12:30:00+00:00","delivered":"2026-03-01T12:30:00+00:00",
         "tries":[{"time":"2026-03-01T12:30:00+00:00","statusCode":500,"error":"e","milliseconds":12}]}
        """,
        AdminJson.Default.Delivery);

    [Fact]
    public void A_user_and_a_role_have_the_names_of_their_forms()
    {
        Same(
            new LocalUser(Id, "anna", "A", "B", "e", "p", [Id], true, "n", ["t"], Time, Time),
            $$$"""
            {"id":"{{{Id}}}","name":"anna","firstName":"A","lastName":"B","email":"e","password":"p","roles":["{{{Id}}}"],"disabled":true,
             "notes":"n","tags":["t"],"created":"2026-03-01T12:30:00+00:00","updated":"2026-03-01T12:30:00+00:00"}
            """,
            AdminJson.Default.LocalUser);
        Same(
            new AdministrativeRole(Id, "Ops", "n", ["t"], [new Privilege(PrivilegeType.Backup, PrivilegeTarget.Appliance)], Time, Time),
            $$$"""
            {"id":"{{{Id}}}","name":"Ops","notes":"n","tags":["t"],"privileges":[{"type":"Backup","target":"Appliance"}],
             "created":"2026-03-01T12:30:00+00:00","updated":"2026-03-01T12:30:00+00:00"}
            """,
            AdminJson.Default.AdministrativeRole);
    }

    [Theory]
    [InlineData("""{"logs":"yes"}""")]
    [InlineData("""{"logs":1}""")]
    [InlineData("""{"notifyUrl":5}""")]
    public void A_wrong_type_is_not_guessed_right(string json) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(json, AdminJson.Default.BackupRequest));

    [Fact]
    public void A_number_is_not_a_word_of_a_vocabulary() =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize("""{"status":1}""", AdminJson.Default.BackupStatus));

    [Fact]
    public void Fields_that_nobody_knows_are_ignored() =>
        Assert.Equal(new BackupRequest(Logs: true), JsonSerializer.Deserialize("""{"logs":true,"new":{}}""", AdminJson.Default.BackupRequest));

    /// <summary>Written, it is exactly this; read again and written again, it is still this.</summary>
    private static void Same<T>(T value, string json, JsonTypeInfo<T> form)
    {
        var expected = JsonElement.Parse(json);
        var written = JsonSerializer.SerializeToElement(value, form);
        Assert.True(JsonElement.DeepEquals(expected, written), $"expected {expected}\nwritten  {written}");
        var again = JsonSerializer.SerializeToElement(written.Deserialize(form)!, form);
        Assert.True(JsonElement.DeepEquals(expected, again), $"expected {expected}\nagain    {again}");
    }
}
