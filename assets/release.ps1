<#
.SYNOPSIS
Releases a Python package from Windows (or any machine with PowerShell 5.1 or 7), without questions.

.DESCRIPTION
Builds from a clean, tagged commit into a folder of its own, checks what was built, installs and
imports wheel and sdist in clean environments. With -Upload it sends the files to the index that is
named, and compares what the index then shows with the build. Without -Upload nothing leaves the
machine. It never asks; what is missing ends it with exit code 1 and a reason.

Prefer publish.yml where the project is on GitHub or GitLab: it needs no token on any machine, and
its files carry attestations. This is for projects that have neither.

The token is taken from the environment, never from an argument (arguments are seen by every
program) and never from a file. Set it for this session without leaving it in the history:

    $token = Read-Host 'Token' -AsSecureString
    $env:TWINE_PASSWORD = [Net.NetworkCredential]::new('', $token).Password
    .\release.ps1 -Project C:\src\example -Repository pypi -Upload
    Remove-Item Env:TWINE_PASSWORD

.PARAMETER Project
The folder that holds pyproject.toml.

.PARAMETER Repository
pypi, testpypi, or the name you give to the index of -UploadUrl.

.PARAMETER UploadUrl
The address that takes uploads, for another index than those two. What PyPI alone refuses is let
through there, such as the classifier Private :: Do Not Upload, and the index is not compared with
the build: verify-on-pypi --index does that.

.PARAMETER Username
The user at that other index; PyPI and TestPyPI know only __token__.

.PARAMETER Upload
Send the files. This cannot be undone: a file name is taken for ever.

.PARAMETER Resume
A version, such as 1.2.3: take the files of dist\1.2.3 that an earlier run built, and build nothing.
After an upload that broke off the rest then has the same bytes; PyPI accepts a file twice.

.PARAMETER Python
The Python to build and test with.

.PARAMETER WaitMinutes
How long to wait until the index shows the files.

.EXAMPLE
powershell -NoProfile -ExecutionPolicy Bypass -File release.ps1 -Project C:\src\example

.EXAMPLE
pwsh -NoProfile -NonInteractive -File release.ps1 -Project . -Repository testpypi -Upload
#>
#Requires -Version 5.1
[CmdletBinding()]
param(
    [string] $Project = '.',
    [string] $Repository = 'pypi',
    [string] $UploadUrl = '',
    [string] $Username = '__token__',
    [switch] $Upload,
    [string] $Resume = '',
    [string] $Python = 'python',
    [int] $WaitMinutes = 30
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue' # a progress bar makes Windows PowerShell ten times slower
$ConfirmPreference = 'None'

# What builds and checks: one version and one file for each platform. To move on:
#   'uv', 'twine' | uv pip compile --no-config --universal --generate-hashes --no-emit-index-url -
# Twine's keyring is left out: the token comes from the environment.
$Tools = @'
certifi==2026.10.18 --hash=sha256:73191c47aaa79da394e8fee2dbc2ec827432cab56311122c9e47abf79e390f62
charset-normalizer==3.5.2 --hash=sha256:b6b751274acb69d77b3323d6b7dbaa3c7fdfc1eb829b7eb61d262f32e1af9685
docutils==0.23 --hash=sha256:25d013af9bf23bc1c7b2b093dff4208166c53a94786c9e447808335ef1185fea
id==1.6.1 --hash=sha256:f5ec41ed2629a508f5d0988eda142e190c9c6da971100612c4de9ad9f9b237ca
idna==3.20 --hash=sha256:ab7ae7122974553370f0bdb919e1a960b2cd1bc1ef0276416d896db81c14582c
markdown-it-py==4.3.0 --hash=sha256:7aa1511a46c39138de78d9eba92ce47e63124d8003fc98b3a351909e04239efa
mdurl==0.1.2 --hash=sha256:84008a41e51615a49fc9966191ff91509e3c40b939176e643fd50a5c2196b8f8
nh3==0.3.7 \
  --hash=sha256:618e3059caf41ccdf5dcccb3fa9df4cf6e4efe23d1382a8bbfca272a8a4f8bfc \
  --hash=sha256:6c3aa50eb26e9228238271db9f983cbc3b006dfbfeca2d4dc34c33ddc6ac5ea5 \
  --hash=sha256:70f5ac8626e899a4bab0ef74ca2f5bd602f49c7b739e6e5026b4afc6d63dac42 \
  --hash=sha256:f04b7d333b27f13ca439da3cf1c75c2fba34f104969f6ce4ac8e7079699c2f4a \
  --hash=sha256:f266d3f1b3647449923a8e406524632220dd5d8b647078dfe45b885d33d10479
packaging==26.3 --hash=sha256:d7193f7c8e4e93f444fde0262bf90af30e16fa0ad0ad44cb553c87339b23cd1c
pygments==2.21.0 --hash=sha256:2363c69b61c4a97c838da3b130dcd6468f4848992b21a82f2a63ec34377137d9
readme-renderer==46.0 --hash=sha256:d0dae1f74bb273b534770cb4cccb6bb78735540afdb03c2146f4e19dcd412560
requests==2.34.2 --hash=sha256:2a0d60c172f83ac6ab31e4554906c0f3b3588d37b5cb939b1c061f4907e278e0
requests-toolbelt==1.0.0 --hash=sha256:cccfdd665f0a24fcf4726e690f65639d272bb0637b9b92dfd91a5568ccf6bd06
rfc3986==2.0.0 --hash=sha256:50b1502b60e289cb37883f3dfd34532b8873c7de9f49bb546641ce9cbd256ebd
rich==15.0.0 --hash=sha256:33bd4ef74232fb73fe9279a257718407f169c09b78a87ad3d296f548e27de0bb
twine==7.0.0 --hash=sha256:b854164df26db268af05f49aa5c0344b10e27a494343ff05b1e0bad3b135f5a7
urllib3==2.8.0 --hash=sha256:0cf3cae568d36aa9576b28dfb35f11328f1cb974ca7647d9475ebb86c75ac6e3
uv==0.13.8 \
  --hash=sha256:5337c30bb893b4f9ce0ceb921ba2da0d13f649da644f40ad3bef84083bef0203 \
  --hash=sha256:62b6943c7fd64fac6854f780bea6e0359e5a5bc3241f83ee357bb38276afac49 \
  --hash=sha256:b4184029b1b7c54409b9cd4372c73a36ef9c2d1d7cf3b0aca59c8b1932f041dc \
  --hash=sha256:b7124ca1956ec2e476a1003ea5715a15f0266afaec37f4dc9c6972ba8183e6d1 \
  --hash=sha256:cfbc13020a64cdf2f116d2936824c38edbf41e5c07f1ea291baf02e31ebf3ed0 \
  --hash=sha256:e18a57b8b352eb7c8feb317b9f6f533c8f0ad9673fd6cf34bbe3cf1a9f6a8984
'@

# What may take part in building the package; only what it asks for is used. If its [build-system]
# requires something else, put the output of this here:
#   'BACKEND==VERSION' | uv pip compile --no-config --universal --generate-hashes  `
#     --no-emit-index-url -
$BuildConstraints = @'
dunamai==1.26.5 --hash=sha256:91099127a6a16dbcb08c941d5a07879d8b24eb2096368dc37750e681573eedc4
flit-core==4.2.0 --hash=sha256:2bee22dc8ba89c2e35b4e1ad575e596aac945c85672dd8f3cad21b629036e044
hatch-fancy-pypi-readme==25.1.0 --hash=sha256:ce0134c40d63d874ac48f48ccc678b8f3b62b8e50e9318520d2bffc752eedaf3
hatch-vcs==0.5.0 --hash=sha256:b49677dbdc597460cc22d01b27ab3696f5e16a21ecf2700fb01bc28e1f2a04a7
hatchling==1.33.0 --hash=sha256:415290b84f464d2884303fca8974d38e7b85579069fab02a15db0828fbb1446d
jinja2==3.1.6 --hash=sha256:85ece4451f492d0c13c5dd7c13a64681a86afae63a5f347908daf103ce6d2f67
markupsafe==3.0.4 \
  --hash=sha256:06de8ef6331f6e822c28d577dc8bf43fe398800477c49498f38fc38b67ff33fc \
  --hash=sha256:0930db9bdc62d22944e10b066448bb65dc9abe9112880c7cab8da54db4284d5f \
  --hash=sha256:11935df9bf455ed0c04eb87bcd720f02b1fe5e02128a9430f23aed6f93336fc7 \
  --hash=sha256:1caa2fa5a6184fb233153b35f654e6687bd555476f6170f29d8ee9be1a8b0af9 \
  --hash=sha256:1f1f9477e174582b0a1b583d60b66e1f2cf5d3fe12cee985e4aedf44766600e5 \
  --hash=sha256:2d1b7d9308288661f56672b1b157d75fc536714d3638487bbea17b6318a78248 \
  --hash=sha256:434139499bb20b502ed3baa1f169e618f924a97e7a777fea1a49446d80106cf6 \
  --hash=sha256:4cf3468d5ec187ffffcaca8e61929a37448f215dafc1386a12c750a72fe53634 \
  --hash=sha256:52704c5d36eb6dda8866493decd61111fff86244c9b1ad225ca01b9e91e5970f \
  --hash=sha256:569d65055d367e3dcdf30c3f41119467b73d9ee9faf332bdf40402644f5ac08e \
  --hash=sha256:61631e08084be9e21a8967ec3139c7616ed7c5e9368e05c86d1b39562c8a57b6 \
  --hash=sha256:6a45c3d514f2436064db00d7fc8778d888f0236ebfed649b53d13a59e69ad51b \
  --hash=sha256:6da83a088f8ef93b2d483a8232a4dbf4d69d3d8496b568a03c56becac43e1808 \
  --hash=sha256:7018d4af1cd272e847aa5917983ab5e83e4f6579f9dbfecd4a79c0ca80b144c2 \
  --hash=sha256:73e77980c7207854f00fc4e71fb1626868d5740ab4012623d55c7a99ad122a72 \
  --hash=sha256:7d3391b2188d18737cb2fa147028b1096236eaa7e156446c650a489fa2cadc91 \
  --hash=sha256:7e1636da3d8dfc220b6dd10264db5f2b165e4888c4518594898fbe381049af8a \
  --hash=sha256:849dd2bb0e5e4ab2b71c7191726a4a8d5aa8a610daa584728cbee0b710ddc4ef \
  --hash=sha256:8e124f974786f831d6043728e38296969d3579db8896fe004682f5758e613581 \
  --hash=sha256:9e25feb9e330b63edb0278a0acdf85e50d0cb0fbf49c3084abbe4e24ae195346 \
  --hash=sha256:a4bbd2d87dd233b9fc5812160c3d0ffbe42edc22a26ce0469f58479ede633fe9 \
  --hash=sha256:a8e9f292fcda89b324f2f5c91d13f1424a153e40fc2756f38ee23b15835ff300 \
  --hash=sha256:c1bc67752d5f21013cfe430df4062441714eab79f65a6a05e01505957e9c35fe \
  --hash=sha256:fdb4ca07ab75ffadab4a8b135ad59cdbb3156b99310f3d565370da74a15d6bd3
packaging==26.3 --hash=sha256:d7193f7c8e4e93f444fde0262bf90af30e16fa0ad0ad44cb553c87339b23cd1c
pathspec==1.1.1 --hash=sha256:a00ce642f577bf7f473932318056212bc4f8bfdf53128c78bbd5af0b9b20b189
pbr==7.1.3 --hash=sha256:6583e878a1d97cb135fdc509811f31b9235905cde8d4dacd3dbadf9efc45d745
pdm-backend==2.5.0 --hash=sha256:5b8746b567a16a1fd506ce66ee28e89d46374526f52238aa1b96cc2c08245c63
pluggy==1.7.0 --hash=sha256:7dd7b0d8832ba3cb632c306926ded123429211b83641b35dc5c41ad2d34f9bec
poetry-core==2.5.0 --hash=sha256:98ee465b66f7e14bb9fbe68fb5e00d0cff184f036993ec94610ae4b5612f3add
poetry-dynamic-versioning==1.10.1 --hash=sha256:281504ba16643fdd09b6154f1c8e76c2fd29dabd887356ee87f7a042087c8e82
setuptools==84.2.1 --hash=sha256:ca140b45d5325a9478f880e351484f62fef15f336462e449ca0c03c873d589c2
setuptools-scm==10.3.4 --hash=sha256:82f34c3e3084fc2b57d397200637cc13f2338004052d2fee47baa5f0e902464e
tomlkit==0.15.2 --hash=sha256:05562412163a3037b94497385fb7f9204c637bc605af7a48199e41cf2272f437
trove-classifiers==2026.9.21.13 --hash=sha256:8b1ff4f9c191b1040b71c37f1e445ab99732911e3cd91de52838453a854d7a17
uv-build==0.13.6 \
  --hash=sha256:2a2350fbea9a3cf578481b5efc2d333f0477f26696aa615d312866acd170acf6 \
  --hash=sha256:7ebe6657b95821dbd5cb0c73fe4c66d7a66f64b29d6df508478caa09768d0f1d \
  --hash=sha256:b23bbf1393acb47c1bd434f79daa91c158a14a504894485b5a9948f68d63170b \
  --hash=sha256:c3e6410430cd8168bf5a4ad8daf27756cd6233343734c988a5656fd8c53fcb1f \
  --hash=sha256:ca63ce8511f001c7a1a4f1569215338e6a69e12ebe9da5b5f5707963596cba45 \
  --hash=sha256:dd9098705921a420cef4e74ae1551798e48bc235455104711cf09ca4b2d5aaab
uv-dynamic-versioning==0.14.1 --hash=sha256:f9db710cc2ce9dccf06fab958ad10c45cae43cff70e3eccaa89365b040e98306
vcs-versioning==2.6.0 --hash=sha256:f8bebd1302ebc12e67ceb30fc7dd698ec969414b6fa43b30c3f14ac9b1e72c41
versioneer==0.29 --hash=sha256:0f1a137bb5d6811e96a79bb0486798aeae9b9c6efc24b389659cebb0ee396cb9
versioningit==3.3.0 --hash=sha256:23b1db3c4756cded9bd6b0ddec6643c261e3d0c471707da3e0b230b81ce53e4b
wheel==0.48.0 --hash=sha256:3217dcc807155e45db462d7ef2431f5ddda0d7273b700d05a67b271ceb1287ab
'@

$ImportEverything = @'
import importlib, sys
from importlib.metadata import distribution

package = distribution(sys.argv[1])
found = {path.parts for path in package.files if path.suffix in (".py", ".so", ".pyd")}
packages = {parts[:-1] for parts in found if parts[-1].startswith("__init__.")}
tops = {(parts[0].split(".")[0],) for parts in found if len(parts) == 1}
tops |= {parts for parts in packages if not packages & {parts[:n] for n in range(len(parts))}}
names = sorted(".".join(parts) for parts in tops if all(map(str.isidentifier, parts)))
for name in names:
    importlib.import_module(name)
    print("imported", name)
print(f"{package.name} {package.version}: {len(names)} importable names")
'@

$CheckFiles = @'
import email, hashlib, json, re, sys, tarfile, zipfile
from pathlib import Path
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_sdist_filename, parse_wheel_filename

def stop(title, message):
    sys.exit(f"{title}: {message} Nothing was uploaded.")

def read(path):  # names of the members, and the metadata
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            names = wheel.namelist()
            inside = [n for n in names if re.fullmatch(r"[^/]+\.dist-info/METADATA", n)]
            text = wheel.read(inside[0]) if inside else b""
    else:
        with tarfile.open(path) as sdist:
            names = sdist.getnames()
            inside = [n for n in names if re.fullmatch(r"[^/]+/PKG-INFO", n)]
            text = sdist.extractfile(inside[0]).read() if inside else b""
    return names, email.message_from_bytes(text)

to_pypi = "--elsewhere" not in sys.argv
files = sorted(Path(sys.argv[1]).iterdir())
sdists = [path for path in files if path.name.endswith(".tar.gz")]
wheels = [path for path in files if path.suffix == ".whl"]
if len(sdists) != 1 or not wheels or len(files) != 1 + len(wheels):
    stop("Files", f"Wanted are one sdist and wheels, not {[path.name for path in files]}.")

project, wanted = parse_sdist_filename(sdists[0].name)
if to_pypi and wanted.local:
    stop("Version", f"PyPI takes no local version like {wanted}.")

for path in files:
    read_name = parse_wheel_filename if path.suffix == ".whl" else parse_sdist_filename
    name, version = read_name(path.name)[:2]
    members, told = read(path)
    if not name == canonicalize_name(told["Name"] or "") == canonicalize_name(project):
        stop("Name", f"{path.name} is of {told['Name']}, the sdist is of {project}.")
    if path in sdists and path.name != f"{name.replace('-', '_')}-{version}.tar.gz":
        stop("File name", f"PyPI takes no sdist named {path.name}: use a newer backend.")
    if version != wanted or told["Version"] != str(version):
        stop("Version", f"The sdist is {wanted}, {path.name} is {told['Version']}.")
    direct = [text for text in told.get_all("Requires-Dist", []) if Requirement(text).url]
    if to_pypi and direct:
        stop("Dependencies", f"PyPI takes no address as a dependency: {direct[0]}.")
    if to_pypi and re.search(r"-linux_\w+\.whl$", path.name):
        stop("Platform", f"PyPI takes manylinux and musllinux wheels, not {path.name}.")
    secret = {".env", ".pypirc", ".netrc"} & {name.rpartition("/")[2] for name in members}
    if secret:
        stop("Secret", f"{path.name} contains {', '.join(secret)}.")
    marks = told.get_all("Classifier", [])
    if to_pypi and any(text.startswith("Private ::") for text in marks):
        stop("Private", f"A classifier marks {project} as not to be published.")

hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
print(*(f"{sha256}  {name}" for name, sha256 in hashes.items()), sep="\n")
told = {"name": project, "version": str(wanted), "files": hashes}
Path(sys.argv[2]).write_text(json.dumps(told))
'@

$CompareWithIndex = @'
import hashlib, json, os, re, sys, time
from http.client import HTTPException
from urllib.parse import urljoin, urlsplit
from urllib.request import Request, urlopen

simple = os.environ.get("SIMPLE", "https://pypi.org/simple/")
pages = os.environ.get("PAGES", "https://pypi.org/pypi/")
wait, pause = float(os.environ.get("WAIT", 1800)), float(os.environ.get("PAUSE", 20))
project = re.sub(r"[-_.]+", "-", os.environ["PROJECT"]).lower()
version, built = os.environ["VERSION"], json.loads(os.environ["FILES"])
stem = next(name for name in built if name.endswith(".tar.gz")).removesuffix(".tar.gz")
begun, unattested = time.monotonic(), set()

LATE = " is not in the JSON API yet"  # which installers do not read

def get(url, accept="*/*"):
    asked = {"Accept": accept, "Cache-Control": "no-cache", "User-Agent": "release.ps1/1"}
    if urlsplit(url).scheme != urlsplit(simple).scheme:
        raise ValueError(f"{url} is not on the index's kind of address")
    with urlopen(Request(url, headers=asked), timeout=60) as answer:
        return answer.read()

def differing(shown):  # file name -> sha256, of this release
    for name in sorted(built.keys() | shown.keys()):
        if name not in built:
            yield f"{name} is on the index and was not built here"
        elif name in shown and shown[name] != built[name]:
            yield f"{name} has sha256 {shown[name]} on the index, {built[name]} was built"

def of_this_release(name):
    return name == f"{stem}.tar.gz" or name.startswith(f"{stem}-") and name.endswith(".whl")

def look():  # what is not there yet; ends the job where something is wrong for good
    page = json.loads(get(f"{simple}{project}/", "application/vnd.pypi.simple.v1+json"))
    files = {file["filename"]: file for file in page["files"]}
    files = {name: file for name, file in files.items() if of_this_release(name)}
    wrong = list(differing({name: file["hashes"]["sha256"] for name, file in files.items()}))
    wrong += [f"{name} is yanked" for name, file in files.items() if file.get("yanked")]
    if wrong:
        sys.exit("".join(f"Not what was built: {line}\n" for line in wrong))
    missing = [f"{name} is not on the index yet" for name in built if name not in files]
    if missing:
        return missing
    for name, file in files.items():
        content = get(urljoin(f"{simple}{project}/", file["url"]))
        if hashlib.sha256(content).hexdigest() != built[name]:
            sys.exit(f"Not what was built: other bytes at {file['url']}")
        if not file.get("provenance"):
            unattested.add(name)
    told = json.loads(get(f"{pages}{project}/{version}/json"))["urls"]
    listed = {file["filename"]: file["digests"]["sha256"] for file in told}
    return [f"{name}{LATE}" for name in built if listed.get(name) != built[name]]

while True:
    try:
        missing = look()
    except (OSError, HTTPException, ValueError, KeyError, TypeError) as error:
        missing = [f"no usable answer: {error}"]
    if not missing:
        break
    print(f"{time.monotonic() - begun:.0f} s:", *missing, sep="\n  ", flush=True)
    if time.monotonic() - begun > wait:
        if all(line.endswith(LATE) for line in missing):
            print("JSON API: It is behind; installing works.")
            break
        sys.exit(f"Not live: After {wait:.0f} s: {'; '.join(missing)}.")
    time.sleep(pause)
for name in sorted(unattested):
    print(f"No attestation: {name} does not say where it comes from.")
print(f"{project} {version} is live: {len(built)} files, each as it was built")
'@

function Invoke-Program {
    # Runs a program, shows what it says, and stops the release where it fails.
    param([string] $Program, [string[]] $Arguments)
    & $Program @Arguments | Out-Host
    if ($LASTEXITCODE -ne 0) {
        throw "$Program $($Arguments[0]) ended with exit code $LASTEXITCODE."
    }
}

function Read-Program {
    # Returns the lines that a program prints; wrap it in @( ), since one line comes as a string.
    param([string] $Program, [string[]] $Arguments)
    & $Program @Arguments
    if ($LASTEXITCODE -ne 0) {
        throw "$Program $($Arguments[0]) ended with exit code $LASTEXITCODE."
    }
}

function Write-TextFile {
    # Without a byte order mark, which Windows PowerShell would write and other programs choke on.
    param([string] $Path, [string] $Text)
    [IO.File]::WriteAllText($Path, $Text, (New-Object Text.UTF8Encoding $false))
}

function Read-Release {
    # Checks the files of a folder, and returns their name, version and hashes.
    param([string] $Folder, [string] $Work, [string] $ToolPython, [string[]] $Rules)
    $checker = Join-Path $Work 'check_files.py'
    $answer = Join-Path $Work 'release.json'
    Write-TextFile $checker $CheckFiles
    Invoke-Program $ToolPython (@($checker, $Folder, $answer) + $Rules)
    return ConvertFrom-Json ([IO.File]::ReadAllText($answer))
}

function Assert-Source {
    # Refuses a tree that was changed. A commit without its tag is refused for a real release.
    param([string] $Folder, [string] $Name, [string] $Version, [bool] $Final)
    $status = @('-C', $Folder, 'status', '--porcelain', '--', '.', ':(exclude)dist')
    $changed = @(Read-Program 'git' $status)
    if ($changed.Count -gt 0) {
        throw "Changed and not committed: $($changed -join '; '). Commit first, then build."
    }
    $tags = @(Read-Program 'git' @('-C', $Folder, 'tag', '--points-at', 'HEAD'))
    $wanted = @("v$Version", $Version, "$Name-v$Version", "$Name-$Version")
    if (@($tags | Where-Object { $wanted -contains $_ }).Count -eq 0) {
        $message = "The commit has no tag v$Version. Make it: git tag v$Version"
        if ($Final) { throw $message }
        Write-Warning $message
    }
}

function Build-Release {
    # Builds the sdist, and the wheel from it, into a new folder.
    param([string] $Folder, [string] $Stage, [string] $Constraints, [string] $Tools)
    $epoch = @(Read-Program 'git' @('-C', $Folder, 'log', '-1', '--pretty=%ct'))
    $env:SOURCE_DATE_EPOCH = $epoch[0] # so that a second build can be equal
    # Not the project's [tool.uv]: its sources and indexes are for development.
    Invoke-Program (Join-Path $Tools 'uv') @(
        'build', '--no-config', '--no-sources', '--no-python-downloads', '--no-create-gitignore',
        '--python', (Join-Path $Tools 'python'), '--build-constraints', $Constraints,
        '--require-hashes', '--out-dir', $Stage, $Folder)
}

function Test-Installation {
    # Installs a file into a clean environment and imports what it brings, away from the source.
    param([string] $File, [string] $Name, [string] $Work, [string] $Constraints, [string] $Tools)
    $uv = Join-Path $Tools 'uv'
    $place = Join-Path $Work ([IO.Path]::GetRandomFileName())
    $environment = Join-Path $place 'environment'
    New-Item -ItemType Directory -Path $place | Out-Null
    Invoke-Program $uv @(
        'venv', '--no-config', '--quiet', '--no-python-downloads',
        '--python', (Join-Path $Tools 'python'), $environment)
    Invoke-Program $uv @(
        'pip', 'install', '--no-config', '--python', $environment,
        '--build-constraints', $Constraints, $File)
    Invoke-Program $uv @('pip', 'check', '--no-config', '--python', $environment)
    $importer = Join-Path $place 'import_everything.py'
    Write-TextFile $importer $ImportEverything
    $inside = Join-Path $environment (Split-Path -Leaf $Tools)
    Push-Location $place
    try { Invoke-Program (Join-Path $inside 'python') @('-I', $importer, $Name) }
    finally { Pop-Location }
}

$known = @{
    pypi     = @('https://upload.pypi.org/legacy/', 'https://pypi.org/simple/')
    testpypi = @('https://test.pypi.org/legacy/', 'https://test.pypi.org/simple/')
}
$simpleUrl = ''
$rules = @('--elsewhere')
if ($UploadUrl -eq '' -and $known.ContainsKey($Repository)) {
    $UploadUrl, $simpleUrl = $known[$Repository]
    $rules = @()
}
if ($UploadUrl -eq '') {
    throw "$Repository is neither pypi nor testpypi: name its -UploadUrl."
}
if ($Upload -and -not $env:TWINE_PASSWORD) {
    throw 'TWINE_PASSWORD is not set. Get-Help .\release.ps1 shows how to set it for this session.'
}

$changes = 'PYTHONUTF8', 'SOURCE_DATE_EPOCH', 'TWINE_USERNAME', 'PROJECT', 'VERSION', 'FILES',
    'SIMPLE', 'PAGES', 'WAIT'
$before = @{}
foreach ($name in $changes) { $before[$name] = [Environment]::GetEnvironmentVariable($name) }
$env:PYTHONUTF8 = '1' # the output of programs; Twine draws with characters that code pages lack

# A backslash at the end would swallow the quote that Windows PowerShell puts behind it.
$folder = (Resolve-Path -LiteralPath $Project).ProviderPath.TrimEnd('\', '/')
$work = Join-Path ([IO.Path]::GetTempPath()) ('release-' + [IO.Path]::GetRandomFileName())
New-Item -ItemType Directory -Path $work | Out-Null
try {
    Write-Host '== Tools, each file by its hash'
    $list = Join-Path $work 'tools.txt'
    $constraints = Join-Path $work 'constraints.txt'
    Write-TextFile $list $Tools
    Write-TextFile $constraints $BuildConstraints
    Invoke-Program $Python @('-m', 'venv', (Join-Path $work 'tools'))
    $programs = 'bin'
    if ($env:OS -eq 'Windows_NT') { $programs = 'Scripts' }
    $toolFolder = Join-Path (Join-Path $work 'tools') $programs
    $toolPython = Join-Path $toolFolder 'python'
    Invoke-Program $toolPython @(
        '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', '--no-deps',
        '--only-binary', ':all:', '--require-hashes', '--requirement', $list)

    if ($Resume -ne '') {
        $target = Join-Path (Join-Path $folder 'dist') $Resume
        if (-not (Test-Path -LiteralPath $target)) { throw "There is no $target to resume with." }
        $release = Read-Release $target $work $toolPython $rules
    }
    else {
        Write-Host '== Build'
        $stage = Join-Path $work 'built'
        Build-Release $folder $stage $constraints $toolFolder
        $release = Read-Release $stage $work $toolPython $rules
        $target = Join-Path (Join-Path $folder 'dist') $release.version
        if (Test-Path -LiteralPath $target) { Remove-Item -LiteralPath $target -Recurse -Force }
        New-Item -ItemType Directory -Path $target -Force | Out-Null
        Get-ChildItem -LiteralPath $stage -File | Move-Item -Destination $target
    }

    Write-Host '== Check'
    $final = $Upload -and $Repository -ne 'testpypi'
    Assert-Source $folder $release.name $release.version $final
    $files = @(Get-ChildItem -LiteralPath $target -File | ForEach-Object FullName | Sort-Object)
    Invoke-Program (Join-Path $toolFolder 'twine') (@('check', '--strict') + $files)
    foreach ($file in $files) {
        Write-Host "== Install $(Split-Path -Leaf $file)"
        Test-Installation $file $release.name $work $constraints $toolFolder
    }

    if (-not $Upload) {
        Write-Host "Ready: $($release.name) $($release.version) in $target. Nothing was uploaded."
        Write-Host "To upload them: -Repository $Repository -Resume $($release.version) -Upload"
        return
    }

    Write-Host "== Upload to $Repository"
    foreach ($file in $files) { # what was installed meanwhile could have changed them
        $hash = (Get-FileHash -LiteralPath $file -Algorithm SHA256).Hash.ToLowerInvariant()
        if ($release.files.(Split-Path -Leaf $file) -ne $hash) { throw "$file has changed meanwhile." }
    }
    $env:TWINE_USERNAME = $Username
    Invoke-Program (Join-Path $toolFolder 'twine') (@(
            'upload', '--non-interactive', '--verbose', '--disable-progress-bar',
            '--repository-url', $UploadUrl) + $files)

    if ($simpleUrl -eq '') {
        Write-Host "Uploaded. Compare: verify-on-pypi --index SIMPLE-INDEX --dist $target"
        return
    }
    Write-Host "== Compare $Repository with the build"
    $env:PROJECT = $release.name
    $env:VERSION = $release.version
    $env:FILES = ConvertTo-Json -Compress $release.files
    $env:SIMPLE = $simpleUrl
    $env:PAGES = $simpleUrl -replace '/simple/$', '/pypi/'
    $env:WAIT = [string] (60 * $WaitMinutes)
    $compare = Join-Path $work 'compare.py'
    Write-TextFile $compare $CompareWithIndex
    Invoke-Program $toolPython @($compare)
}
finally {
    foreach ($name in $changes) { [Environment]::SetEnvironmentVariable($name, $before[$name]) }
    Remove-Item -LiteralPath $work -Recurse -Force -ErrorAction SilentlyContinue
}
